"""What was found: the scorecard's figures, the verdict with its conditions, and whether to believe them."""

from collections.abc import Iterator

from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.render.lines import (
    figure,
    headline,
    megabytes,
    metric,
    notes,
    quality_total,
    remedies,
    validity_word,
)
from ollama_bench.scorecard import RunResult
from ollama_bench.verdict import Decision
from orchestrator.clean import one_line
from orchestrator.page import Check, Part, checks, details, join, tag

MEANINGS: dict[Decision, tuple[str, str, str]] = {
    "keep small": ("good", "✓", "This model is good enough here: every condition holds."),
    "try 3–8B": ("bad", "↑", "This model is not good enough here: try a bigger one."),
    "need bigger": ("bad", "⇈", "This model is not good enough here, and it is no small one: a bigger one is needed."),
    "inconclusive": ("unknown", "?", "Not all of it was measured, and no verdict is given on part of the evidence."),
}
"""Of each decision: its look, its sign, and what it says."""


def pill(decision: Decision) -> Part:
    """A decision in a word."""
    look, sign, _ = MEANINGS[decision]
    return tag("span", tag("span", sign, aria_hidden="true"), decision, class_=f"pill {look}")


def believed(result: RunResult, look: str = "") -> Part:
    """VALID or DOUBTFUL in a word; n/a for documents that do not say."""
    found = "unknown" if result.validity is None else "good" if result.validity.valid else "bad"
    return tag("span", validity_word(result), class_=f"{look} {found}".strip())


def incomplete(result: RunResult) -> Part:
    """For a run that ended early."""
    if result.complete:
        return None
    return tag("p", tag("strong", "Incomplete: "), "the run ended early; these are the figures until then.",
               class_="verdict")  # fmt: skip


def tiles(result: RunResult) -> Part:
    """The decision, then the figures of the scorecard."""
    decision = result.verdict.decision
    decided = [tag("strong", "Verdict: ", pill(decision)), tag("span", "Measurement: ", believed(result, "pill"))]
    said = tag("p", MEANINGS[decision][2])
    text = details("The scorecard as text", tag("pre", "\n".join(headline(result))))
    return [tag("div", decided, class_="verdict"), said, tag("dl", list(_tiles(result)), class_="tiles"), text]


def _tiles(result: RunResult) -> Iterator[Part]:
    limits = {condition.name: condition for condition in result.verdict.conditions}

    def judged(name: str, text: str) -> Part:
        condition = limits.get(name)
        if condition is None or condition.passed is None:
            return text
        look, sign, words = ("good", "✓", "holds") if condition.passed else ("bad", "✗", "does not hold")
        mark = tag(
            "span", tag("span", sign, aria_hidden="true"), tag("span", f" {words}", class_="hidden"), class_=look
        )
        bound = "at least" if name == "gen_tok_s" else "at most"
        return join(text, tag("br"), f"{bound} {condition.limit:g} ", mark)

    def median_of(phase: str, n: int) -> str:
        return f"{phase} median, n = {n}"

    warm, real = metric(result, "warm", "latency_s"), metric(result, "real", "latency_s")
    speed, used = metric(result, "real", "gen_tok_s"), result.resources
    yield _tile("Warm start latency", figure(warm.p50, 2), "s", judged("short_latency_s", median_of("warm", warm.n)))
    yield _tile("Real prompt latency", figure(real.p50, 2), "s", median_of("real", real.n))
    yield _tile("Generation", figure(speed.p50, 1), "tok/s", judged("gen_tok_s", median_of("real", speed.n)))
    why = one_line(used.reason or "") if used.peak_rss_bytes is None else "of the server's processes"
    yield _tile("Peak RSS", megabytes(used.peak_rss_bytes), "MB", why)
    why = one_line(used.reason or "") if used.cpu_percent_mean is None else "of one core, while requests ran"
    yield _tile("CPU average", figure(used.cpu_percent_mean, 0), "%", why)
    scores = [f"{name.replace('_', '-')} {quality_total(result, name)}" for name in DIMENSIONS]
    got, most = quality_points(result)
    points = "n/a" if result.quality is None else str(got)
    yield _tile("Quality", points, f"of {most}", [join(score, tag("br")) for score in scores])


def _tile(name: str, value: str, unit: str, note: Part) -> Part:
    shown = join(value, tag("small", f" {unit}") if value != "n/a" else None)
    return tag("div", tag("dt", name), tag("dd", shown, class_="value"), tag("dd", note))


def quality_points(result: RunResult) -> tuple[int, int]:
    """Scores of 1, of how many there were to get: one a dimension and prompt."""
    totals = result.quality.totals if result.quality else None
    got = sum(getattr(totals, name) or 0 for name in DIMENSIONS) if totals else 0
    return got, len(DIMENSIONS) * len(result.plan.quality_prompts)


def verdict(result: RunResult, _level: int) -> Part:
    """Each condition with its figure and its limit, then what follows from it."""
    conditions = checks(Check(condition.passed, condition.text) for condition in result.verdict.conditions)
    suggestions = ", ".join(map(one_line, result.verdict.suggestions))
    return [
        conditions,
        tag("p", tag("strong", "Try: "), suggestions) if suggestions else None,
        [tag("p", advice) for advice in result.verdict.advice],
    ]


def measurement(result: RunResult, _level: int) -> Part:
    """Those that do not hold first, with what to do; then what is not known, what holds, and the notes."""
    if result.validity is None:
        said = tag("p", "This document is of before runs said whether to believe them.")
        return [said, _notes(result)]
    what_to_do = remedies(result)
    order = {False: 0, None: 1, True: 2}
    found = sorted(result.validity.conditions, key=lambda condition: order[condition.passed])
    doubtful = [Check(c.passed, c.text, what_to_do.get(c.code)) for c in found if c.passed is False]
    others = [Check(c.passed, c.text) for c in found if c.passed is not False]
    valid = "No condition is known not to hold." if result.validity.valid else "These conditions do not hold:"
    said = tag("p", "Measurement: ", tag("strong", validity_word(result)), f". {valid}")
    return [
        said,
        checks(doubtful) if doubtful else None,
        tag("div", checks(others), class_="columns"),
        _notes(result),
    ]


def _notes(result: RunResult) -> Part:
    items = [
        tag(
            "li",
            tag("span", "i", class_="sign", aria_hidden="true"),
            tag("div", note.message, tag("span", note.remedy, class_="remedy")),
        )
        for note in notes(result)
    ]
    return tag("ul", items, class_="checks", aria_label="Notes") if items else None
