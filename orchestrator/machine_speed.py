"""Was the machine itself as fast as at the baseline? The yardstick's answer, and what it means for a judgement. Pure.

A ratio is that of the yardstick's times: 1.2 is a machine that takes 20 % longer for the same work.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from orchestrator.gate import FULL_RUNS, GateDecision
from orchestrator.results import BenchRun, typical_yardstick_ns

TOLERANCE = 0.05
"""Half of the gate's threshold: a machine that is further from the baseline's speed is another one."""

ALLOWANCE = 2
"""A scenario may suffer from a slow machine more than the yardstick does: at most its ratio to this power."""

Judge = Callable[[Sequence[Sequence[float]]], GateDecision]
"""Judges runs of milliseconds."""


def ratio(run: BenchRun, baseline_ns: float | None) -> float | None:
    """Of the run's yardstick to the baseline's; None where either is unknown."""
    mean_ns = run.yardstick_mean_ns
    return mean_ns / baseline_ns if mean_ns is not None and baseline_ns else None


def is_slow(run: BenchRun, baseline_ns: float | None) -> bool:
    """Whether the machine was too slow during the run for a comparison; what is unknown is not held against the run."""
    found = ratio(run, baseline_ns)
    return found is not None and found > 1 + TOLERANCE


def steady(runs: Sequence[BenchRun], baseline_ns: float | None) -> list[BenchRun]:
    """The runs during which the machine was not slow."""
    return [run for run in runs if not is_slow(run, baseline_ns)]


def are_steady(runs: Sequence[BenchRun]) -> bool:
    """Whether the machine was slow during none of them, by what it was during most."""
    return len(steady(runs, typical_yardstick_ns(runs))) == len(runs)


def fastest(runs: Sequence[BenchRun], count: int) -> list[BenchRun]:
    """Those `count` runs during which the machine was fastest, the fastest first."""
    return sorted(runs, key=lambda run: run.yardstick_mean_ns or 0.0)[:count]


def judge_steady(runs: Sequence[BenchRun], baseline_ns: float | None, judge: Judge) -> GateDecision:
    """The judgement on all runs where that is a pass, since a slow machine excuses nothing then; else the judgement on
    those alone during which the machine was not slow. The choice hangs on the yardstick, never on the times judged.

    Where none is left, only what is slower than a slow machine explains fails; the rest is inconclusive. A pass does
    not stand where the machine was faster and the scenario did not become faster with it.
    """
    found, kept = judge([run.samples_ms for run in runs]), steady(runs, baseline_ns)
    if found.outcome == "pass":
        return _unless_faster(found, runs, baseline_ns)
    if len(kept) == len(runs):
        return found
    slower = f"{len(runs) - len(kept)} of {len(runs)} runs, {_slower(runs, baseline_ns)}"
    if kept:
        found = judge([run.samples_ms for run in kept])
        found = replace(found, reason=f"{found.reason}; left out: {slower}", left_out=len(runs) - len(kept))
        return _unless_faster(found, kept, baseline_ns) if found.outcome == "pass" else found
    excused = judge([_excused(run, baseline_ns) for run in runs])
    if excused.outcome == "fail":
        reason = f"slow beyond what the machine explains ({slower}; the square is taken off): {excused.reason}"
        return replace(excused, reason=reason)
    reason = f"not judged: {slower}; measure when it is as fast again, or pin the baseline anew; {found.reason}"
    return replace(found, outcome="inconclusive", reason=reason, more_runs=FULL_RUNS, left_out=len(runs))


def _excused(run: BenchRun, baseline_ns: float | None) -> list[float]:
    return [value / (ratio(run, baseline_ns) or 1.0) ** ALLOWANCE for value in run.samples_ms]


def _slower(runs: Sequence[BenchRun], baseline_ns: float | None) -> str:
    most = max(ratio(run, baseline_ns) or 1.0 for run in runs)
    return f"while the machine itself was slower than at the baseline (the same fixed work took up to x{most:.2f})"


def _unless_faster(found: GateDecision, runs: Sequence[BenchRun], baseline_ns: float | None) -> GateDecision:
    known = [times for run in runs if (times := ratio(run, baseline_ns)) is not None]
    times = median(known) if known else 1.0
    highest = max(found.median_ratio or 0.0, found.p95_ratio or 0.0)
    if times >= 1 - TOLERANCE or highest / times <= 1 + found.threshold:
        return found
    reason = (
        f"the machine is faster than at the baseline (the same fixed work takes x{times:.2f}) and this is not: "
        f"pin the baseline anew; {found.reason}"
    )
    return replace(found, outcome="inconclusive", reason=reason)
