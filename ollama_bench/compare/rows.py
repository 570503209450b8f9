"""Each metric of two sides: figures, ratio, interval, and which of them it names. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ollama_bench.compare.document import Figure, Row
from ollama_bench.compare.evidence import MIN_RUNS, MIN_TRIALS, Evidence, centre, ratio_of, weigh
from ollama_bench.compare.metrics import METRICS, Metric
from ollama_bench.compare.sides import Side
from ollama_bench.compare.terms import Terms, in_doubt

BY_NAME = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True)
class Draft:
    """A row before all tests are known: whether it names a winner is up to Holm."""

    metric: Metric
    reference: Figure
    candidate: Figure
    ratio: float | None = None
    evidence: Evidence | None = None
    obstacle: str | None = None
    """Why nothing can be told, whatever the test says."""
    doubts: str | None = None
    """Why nothing is told, unless it is forced."""


def draft_rows(reference: Side, candidate: Side) -> list[Draft]:
    """One for each metric that a side has measured, and that is not 0 on both (GPU memory, without a GPU)."""
    drafts = (_draft(metric, reference, candidate) for metric in METRICS)
    return [draft for draft in drafts if draft.reference.median or draft.candidate.median]


def finish_row(draft: Draft, terms: Terms) -> Row:
    """The row, with its outcome."""
    evidence = draft.evidence
    withheld = draft.obstacle or terms.withheld(draft.doubts)
    reason = withheld or _chance(evidence, terms)
    return Row(
        metric=draft.metric.name,
        reference=draft.reference,
        candidate=draft.candidate,
        ratio=draft.ratio,
        ratio_ci95=evidence.ci95 if evidence else None,
        unit=evidence.unit if evidence else None,
        p_value=evidence.shift.two_sided_p_value if evidence else None,
        outcome="cannot tell" if reason or draft.ratio is None else draft.metric.word(draft.ratio),
        within_percent=_percent(evidence.within) if evidence and not withheld else None,
        reason=reason,
        marks=terms.marks(draft.doubts),
    )


def _draft(metric: Metric, reference: Side, candidate: Side) -> Draft:
    ours, theirs = reference.values(metric), candidate.values(metric)
    figures = _figure(ours), _figure(theirs)
    if (obstacle := _obstacle(metric, reference, candidate)) is not None:
        return Draft(metric, *figures, obstacle=obstacle)
    ratio, doubts = ratio_of(ours, theirs), in_doubt(reference, candidate, metric.is_doubted_by)
    if reference.ids & candidate.ids:
        return Draft(metric, *figures, ratio, obstacle="both sides hold the same run", doubts=doubts)
    evidence = weigh(ours, theirs)
    return Draft(metric, *figures, ratio, evidence, None if evidence else _too_few(metric), doubts)


def _figure(runs: Sequence[Sequence[float]]) -> Figure:
    if not runs:
        return Figure(median=None, runs=0, samples=0)
    middle = centre(runs) if _are_positive(runs) else median(map(median, runs))
    return Figure(median=middle, runs=len(runs), samples=sum(map(len, runs)))


def _are_positive(runs: Sequence[Sequence[float]]) -> bool:
    return all(value > 0 for run in runs for value in run)


def _obstacle(metric: Metric, reference: Side, candidate: Side) -> str | None:
    """Why there is no ratio."""
    sides = (reference, candidate)
    missing = [side.label for side in sides if not side.values(metric)]
    if missing:
        return f"not measured in {' and '.join(missing)}"
    if not all(_are_positive(side.values(metric)) for side in sides):
        return "no ratio with a figure of 0"
    if len(reference.bases(metric) | candidate.bases(metric)) > 1:
        by = [f"{side.label} by {' and '.join(sorted(side.bases(metric)))}" for side in sides]
        return f"not counted alike: {', '.join(by)}"
    return None


def _too_few(metric: Metric) -> str:
    if metric.one_a_run:
        return f"too few: one figure a run, so it takes {MIN_RUNS} runs a side"
    return f"too few: it takes {MIN_TRIALS} trials in each run, or {MIN_RUNS} runs a side"


def _chance(evidence: Evidence | None, terms: Terms) -> str | None:
    """Why it may be chance; None where it is not."""
    if evidence is None or evidence.shift.two_sided_p_value <= terms.significant:
        return None
    low, high = evidence.ci95
    return "the interval takes in 1" if low <= 1 <= high else f"not beyond chance among {terms.tests} tests"


def _percent(share: float | None) -> float | None:
    """Rounded up to a tenth: what is said of an interval must hold."""
    return None if share is None else math.ceil(share * 1000 - 1e-9) / 10
