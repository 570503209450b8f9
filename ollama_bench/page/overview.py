"""Several runs beside each other: speed against quality, then a row each."""

from collections import Counter
from collections.abc import Sequence

from ollama_bench.compare.alike import differences
from ollama_bench.page.charts.scatter import HEIGHT_PX, LOOKS, Point, speed_and_quality
from ollama_bench.page.charts.strips import by_run, strip
from ollama_bench.page.findings import believed, pill, quality_points
from ollama_bench.page.names import Named
from ollama_bench.page.speed import GENERATION, LATENCY, Measure, samples, samples_table
from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.render.lines import figure, megabytes, metric, quality_total
from ollama_bench.trial import TimedPhase
from orchestrator.page import Part, chart, table, tag


def overview(runs: Sequence[Named]) -> Part:
    """The section above all others."""
    return tag(
        "section",
        tag("h2", "Overview"),
        _verdicts(runs),
        _differences(runs),
        _scatter(runs),
        _table(runs),
        tag("div", _speeds(runs), class_="grid"),
        id="overview",
    )


def _verdicts(runs: Sequence[Named]) -> Part:
    counts = Counter(run.result.verdict.decision for run in runs)
    items = [tag("li", pill(decision), f" {counts[decision]}") for decision in LOOKS if counts[decision]]  # type: ignore[arg-type, index]
    return tag("ul", items, class_="legend", aria_label="Verdicts")


def _differences(runs: Sequence[Named]) -> Part:
    """Circumstances in which these runs are not alike, as `compare` looks at them."""
    differ = [found.what for found in differences({"": [run.result for run in runs]})]
    if not differ:
        return None
    return tag("p", tag("strong", f"Not measured alike: {', '.join(differ)}. "), "Compare these runs with care.")


def _scatter(runs: Sequence[Named]) -> Part:
    drawn = [run for run in runs if _assessed(run) and metric(run.result, "real", "gen_tok_s").p50 is not None]
    if not drawn:
        return None
    totals = {quality_points(run.result)[1] for run in drawn}
    most = float(max(totals)) if len(totals) == 1 else 100.0
    points = [_point(run, most if len(totals) == 1 else None) for run in drawn]
    missing = [run.label for run in runs if run not in drawn]
    caption = "To the right is faster, higher is better, and a larger sign is more memory (peak RSS)."
    caption += " Shape and colour are the verdict. Point at a sign for its figures, and for a name that had no room."
    caption += " The dashed line is the least speed that the verdict asks for." if _limit(drawn) else ""
    caption += " Signs without a filling: memory not known." if any(point.memory_mb is None for point in points) else ""
    caption += f" Not drawn, for want of a figure: {', '.join(missing)}." if missing else ""
    title = f"quality, points of {most:g}" if len(totals) == 1 else "quality, % of the points"
    spec = speed_and_quality(points, most, title, _limit(drawn))
    rows = [
        [tag("bdi", point.name), f"{point.tok_s:.1f}", f"{point.points:g}", figure(point.memory_mb, 0), point.decision]
        for point in points
    ]
    data = table(["run", "tok/s", title, "peak MB", "verdict"], rows, label="Speed and quality", numbers=(1, 2, 3))
    return chart("Speed and quality", caption, spec, data, legend=_legend(points), height=HEIGHT_PX + 50)


def _legend(points: Sequence[Point]) -> Part:
    there = {point.decision for point in points}
    items = [
        tag("li", tag("span", sign, aria_hidden="true", class_="shape", style=f"color:{colour}"), decision)
        for decision, (_, colour, sign) in LOOKS.items()
        if decision in there
    ]
    return tag("ul", items, class_="legend", aria_label="Verdicts by sign")


def _assessed(run: Named) -> bool:
    """Whether every quality prompt was scored on every dimension."""
    quality = run.result.quality
    if quality is None or len(quality.prompts) < len(run.result.plan.quality_prompts) or not quality.prompts:
        return False
    return all(getattr(prompt.scores, name) is not None for prompt in quality.prompts for name in DIMENSIONS)


def _point(run: Named, most: float | None) -> Point:
    got, there_were = quality_points(run.result)
    memory = run.result.resources.peak_rss_bytes
    return Point(
        name=run.label,
        tok_s=metric(run.result, "real", "gen_tok_s").p50 or 0.0,
        points=got if most else round(100 * got / there_were, 1),
        memory_mb=None if memory is None else round(memory / 1e6),
        decision=run.result.verdict.decision,
    )


def _limit(runs: Sequence[Named]) -> float | None:
    """The speed that the rule asks for, where it asks all of them for the same."""
    limits = {c.limit for run in runs for c in run.result.verdict.conditions if c.name == "gen_tok_s"}
    return limits.pop() if len(limits) == 1 else None


def _table(runs: Sequence[Named]) -> Part:
    head = ["run", "warm s", "real s", "tok/s", "peak MB", "quality", "follow", "coherent", "no halluc.", "measured",
            "verdict"]  # fmt: skip
    return table(head, [_row(run) for run in runs], label="All runs", numbers=range(1, 9))


def _row(run: Named) -> list[Part]:
    result = run.result
    got, most = quality_points(result)
    return [
        tag("a", tag("bdi", run.label), href=f"#{run.anchor}", class_="name"),
        figure(metric(result, "warm", "latency_s").p50, 2),
        figure(metric(result, "real", "latency_s").p50, 2),
        figure(metric(result, "real", "gen_tok_s").p50, 1),
        megabytes(result.resources.peak_rss_bytes),
        "n/a" if result.quality is None else f"{got}/{most}",
        *(quality_total(result, name) for name in DIMENSIONS),
        believed(result),
        pill(result.verdict.decision),
    ]


def _speeds(runs: Sequence[Named]) -> list[Part]:
    return [
        _strips(runs, "real", GENERATION, "Generation, run by run"),
        _strips(runs, "warm", LATENCY, "Warm start latency, run by run"),
    ]


def _strips(runs: Sequence[Named], phase: TimedPhase, measure: Measure, title: str) -> Part:
    unit, digits = measure.unit, measure.digits
    strips = []
    for run in runs:
        values = samples(run.result, phase, measure.metric)
        if values:
            strips.append(strip(run.label, LOOKS[run.result.verdict.decision][1], values))
    if not strips:
        return None
    caption = (
        f"A dot is a request of the {phase} phase, the line the median, the band its 95 % interval. One scale for all."
    )
    return chart(f"{title}, {unit}", caption, by_run(strips, unit, digits), samples_table(title, strips, unit, digits),
                 height=len(strips) * 45 + 40)  # fmt: skip
