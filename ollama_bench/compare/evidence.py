"""How far one side's figures lie from another's, and how sure that is. Pure.

The run is the unit wherever there are enough of them, because most of the variance arises between runs (Kalibera &
Jones, ISMM 2013). Where there are fewer, single trials cannot show it; an assumed amount of it takes its place, so that
an interval never claims more than one run can know. docs/compare.md has the error rates, simulated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev, variance
from typing import Literal

from orchestrator.gate import FULL_RUNS, LEVEL, MAX_DRIFT
from orchestrator.stats import Shift, satterthwaite, shift, welch

Runs = Sequence[Sequence[float]]
"""The values of each run; none is empty, all are above 0."""

MIN_RUNS = FULL_RUNS
"""From so many runs on, a side shows its own run-to-run scatter."""
MIN_TRIALS = 3
"""Fewer trials in a run say next to nothing of their scatter."""
ASSUMED_SCATTER = MAX_DRIFT
"""Standard deviation of the log medians of runs, where a side has too few of them to show it: the most that the gate
lets a baseline have."""
NARROW = 0.10
"""An interval within so much of 1 is told: what the gate takes for no regression."""

_MEDIAN_VARIANCE = math.pi / 2
"""Of a normal sample's median, by that of its mean, in the limit; below 30 values it is less (1.35 for 3)."""
_MOST = 700.0
"""exp of more than that overflows. Files are edited by hand."""


@dataclass(frozen=True)
class Evidence:
    """How the candidate's log medians lie to the reference's, with what it was judged by."""

    shift: Shift
    unit: Literal["run", "trial"]

    @property
    def ci95(self) -> tuple[float, float]:
        """Of the ratio; it is not widened for the number of tests."""
        margin = self.shift.margin()
        return _exp(self.shift.difference - margin), _exp(self.shift.difference + margin)

    @property
    def within(self) -> float | None:
        """How far the whole interval stays from 1, as a share; None where that is more than NARROW."""
        reach = abs(self.shift.difference) + self.shift.margin()
        return math.expm1(reach) if reach <= math.log1p(NARROW) else None


def weigh(reference: Runs, candidate: Runs) -> Evidence | None:
    """What the runs of two sides say; None where there are too few values for an interval.

    With MIN_RUNS on each side: a t test over the runs' log medians, Student's or Welch's, whichever has the wider
    margin (Student's errs where the smaller side scatters more, Welch's where sides of unlike size scatter alike).
    Else each side with fewer runs adds the scatter of its trials and, for the runs, ASSUMED_SCATTER, or what its two
    runs differ by where that is more.
    """
    before, after = _logs(reference), _logs(candidate)
    if min(len(before), len(after)) >= MIN_RUNS:
        return Evidence(max(shift(before, after), welch(before, after), key=lambda t: t.margin(1 - LEVEL)), "run")
    parts = [_parts(reference), _parts(candidate)]
    if not all(parts):
        return None
    return Evidence(satterthwaite(fmean(after) - fmean(before), [part for side in parts for part in side]), "trial")


def ratio_of(reference: Runs, candidate: Runs) -> float:
    """Candidate by reference, of what `centre` says."""
    return _exp(fmean(_logs(candidate)) - fmean(_logs(reference)))


def centre(runs: Runs) -> float:
    """The geometric mean of the runs' medians: of one run, its median."""
    return float(median(runs[0])) if len(runs) == 1 else _exp(fmean(_logs(runs)))


def _logs(runs: Runs) -> list[float]:
    return [math.log(median(run)) for run in runs]


def _parts(runs: Runs) -> list[tuple[float, float]]:
    """The variance of a side's mean log median, in independent parts; none where there are too few values."""
    logs, count = _logs(runs), len(runs)
    if count >= MIN_RUNS:
        return [(variance(logs) / count, count - 1)]
    if min(map(len, runs)) < MIN_TRIALS:
        return []
    scatter = max([ASSUMED_SCATTER, *([stdev(logs)] if count > 1 else [])])
    return [*(_within(run, count) for run in runs), (scatter**2 / count, math.inf)]


def _within(run: Sequence[float], runs: int) -> tuple[float, float]:
    scatter = variance([math.log(value) for value in run])
    return _MEDIAN_VARIANCE * scatter / len(run) / runs**2, len(run) - 1


def _exp(value: float) -> float:
    return math.exp(max(-_MOST, min(_MOST, value)))
