"""How fast: every sample of each phase, the waits along an answer, and all figures as a table."""

from collections.abc import Sequence
from typing import NamedTuple

from ollama_bench.metrics import Summary, trial_metrics
from ollama_bench.page.charts import PHASE_COLOURS, colour
from ollama_bench.page.charts import gaps as waits
from ollama_bench.page.charts.strips import LEAST_SHARE, MOST_DOTS, Strip, by_phase, height_of, strip, told
from ollama_bench.render.lines import DETAILS, figure, metric
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TIMED_PHASES, TimedPhase, Trial
from orchestrator.page import NOT_THERE, Part, chart, details, hidden, join, table, tag
from orchestrator.stats import MIN_SAMPLES_FOR_P95


class Measure(NamedTuple):
    """A metric as a chart of its samples shows it."""

    title: str
    metric: str
    unit: str
    digits: int
    what: str


LATENCY = Measure("Latency", "latency_s", "s", 3, "From the request to the last byte of its answer.")
TTFT = Measure("Time to first token (TTFT)", "ttft_s", "s", 3, "From the request to the first chunk with text in it.")
GENERATION = Measure("Generation", "gen_tok_s", "tok/s", 1, "Tokens a second, by the server's own clock.")

HOW_TO_READ = (
    "A dot is a request, the line the median, the band its 95 % interval (from 6 samples on). "
    f"Each phase has its own scale, of at least ± {LEAST_SHARE:.0%} of the median."
)


def speed(result: RunResult, level: int) -> Part:
    """Charts, then the table of figures and what failed."""
    made = [_strips(result, LATENCY), _strips(result, TTFT), _strips(result, GENERATION), _gaps(result)]
    charts = [one for one in made if one]
    if not charts:
        return [tag("p", "No request succeeded: there is nothing to show."), _failures(result)]
    return [
        tag("div", charts, class_="grid"),
        tag(f"h{level + 1}", "All figures", class_="above-table"),
        _figures(result),
        _failures(result),
    ]


def strips_of(result: RunResult, name: str) -> list[Strip]:
    """The samples of a metric by phase; phases without one are left out."""
    measured = [(phase, samples(result, phase, name)) for phase in TIMED_PHASES]
    return [strip(phase, colour(phase), values) for phase, values in measured if values]


def samples(result: RunResult, phase: TimedPhase, name: str) -> list[float]:
    """A metric of each good request of a phase that has it, in their order."""
    trials = result.phases[phase].trials if phase in result.phases else ()
    return [value for trial in trials if trial.ok and (value := trial_metrics(trial)[name]) is not None]


def _strips(result: RunResult, measure: Measure) -> Part:
    title, name, unit, digits, what = measure
    strips = strips_of(result, name)
    if not strips:
        return None
    thinned = any(len(strip.values) > MOST_DOTS for strip in strips)
    caption = f"{what} {HOW_TO_READ}" + (f" Of more than {MOST_DOTS} requests not all are drawn." if thinned else "")
    spec = by_phase(strips, unit, digits)
    return chart(
        f"{title}, {unit}", caption, spec, samples_table(title, strips, unit, digits), height=height_of(strips)
    )


def samples_table(title: str, strips: Sequence[Strip], unit: str, digits: int) -> Part:
    """What a chart of strips shows, in words: each row with its median and every sample."""
    rows = [
        [tag("bdi", strip.name), told(strip, unit, digits),
         tag("span", ", ".join(figure(value, digits) for value in sorted(strip.values)), class_="samples")]
        for strip in strips
    ]  # fmt: skip
    return table(["", "median", f"every sample, {unit}, in ascending order"], rows, label=title)


def _gaps(result: RunResult) -> Part:
    answers = [(phase, _streamed(result, phase)) for phase in TIMED_PHASES]
    phases = [(phase, trials) for phase, trials in answers if trials]
    if not phases:
        return None
    few = [phase for phase, trials in phases if len(waits.drawn(trials)) < len(trials)]
    caption = (
        "From one chunk of text to the next, from the second chunk to the last. A thin line is one answer, "
        "the thick one the median of all."
    )
    caption += f" Not every answer of {', '.join(few)} is drawn." if few else ""
    head = ["phase", "gaps", "median ms", "p95 ms (indicative)", "longest ms"]
    rows = [_gaps_row(phase, metric(result, phase, "itl_s")) for phase, _ in phases]
    data = table(head, rows, label="Inter-token gaps", numbers=range(1, 5))
    height = len(phases) * (waits.ROW_PX + 46)
    return chart("Inter-token gaps along the answer, ms", caption, waits.along_the_answer(phases), data, height=height)


def _gaps_row(phase: str, gaps: Summary) -> list[Part]:
    values = (gaps.p50, gaps.p95, gaps.max)
    return [phase, str(gaps.n), *(NOT_THERE if value is None else f"{1e3 * value:.1f}" for value in values)]


def _streamed(result: RunResult, phase: TimedPhase) -> list[Trial]:
    """Good answers of more than two chunks."""
    found = result.phases.get(phase)
    return [trial for trial in found.trials if trial.ok and len(trial.chunk_ns) > 2] if found else []


def _figures(result: RunResult) -> Part:
    rows: list[list[Part]] = []
    for phase in TIMED_PHASES:
        found = [(detail, metric(result, phase, detail[1])) for detail in DETAILS]
        measured = [(detail, summary) for detail, summary in found if summary.n]
        for place, ((label, _, unit, digits), summary) in enumerate(measured):
            rows.append([_phase(phase, place > 0), label, *_numbers(summary, digits), unit])
    head = ["phase", "figure", "median", "95 % interval", "least", "most", "p95", "n", "unit"]
    said = (
        f"~ marks a p95 that is indicative: of fewer than {MIN_SAMPLES_FOR_P95} samples, or of ITL, the gaps between "
        "chunks of all answers of a phase together, which are not independent."
    )
    note = tag("p", said, class_="quiet")
    return join(table(head, rows, label="All figures", numbers=range(2, 8)), note)


def _phase(phase: str, before: bool) -> Part:
    """Its name; for those who listen only, where it stands in the row before."""
    swatch = tag("span", class_=f"swatch series-{PHASE_COLOURS[phase]}", aria_hidden="true")
    return hidden(phase) if before else tag("span", swatch, phase, class_="phase")


def _numbers(summary: Summary, digits: int) -> list[Part]:
    low, high = summary.p50_ci95 or (None, None)
    known = low is not None and high is not None
    interval = f"{figure(low, digits)} to {figure(high, digits)}" if known else NOT_THERE
    indicative = "~" if summary.n < MIN_SAMPLES_FOR_P95 or summary.p95_ci95 is None else ""
    least, most = figure(summary.min, digits), figure(summary.max, digits)
    p95 = f"{indicative}{figure(summary.p95, digits)}" if summary.n > 1 else NOT_THERE
    return [figure(summary.p50, digits), interval, least, most, p95, str(summary.n)]


def _failures(result: RunResult) -> Part:
    rows = [
        [f"{phase} {trial.index + 1}", trial.error.kind.replace("_", " "), trial.error.message]
        for phase in TIMED_PHASES
        if phase in result.phases
        for trial in result.phases[phase].trials
        if trial.error
    ]
    if not rows:
        return None
    shown = table(["request", "kind", "what happened"], rows, label="Requests that failed")
    return details(f"Requests that failed: {len(rows)} (in none of the figures)", shown)
