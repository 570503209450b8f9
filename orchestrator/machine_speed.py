"""Was the machine itself as fast as at the baseline? The yardstick's answer, and what it means for a judgement. Pure.

A ratio is that of the yardstick's times: 1.2 is a machine that takes 20 % longer for the same work.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from orchestrator.gate import FULL_RUNS, GateDecision, unjudged
from orchestrator.results import BenchRun

TOLERANCE = 0.05
"""Half of the gate's threshold: a machine that is further from the baseline's speed is another one."""

Judge = Callable[[Sequence[BenchRun]], GateDecision]


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


def judge_steady(runs: Sequence[BenchRun], baseline_ns: float | None, judge: Judge) -> GateDecision:
    """The judgement on all runs where that is a pass, since a slow machine excuses nothing then; else the judgement on
    those alone during which the machine was not slow. The choice hangs on the yardstick, never on the times judged.

    A pass does not stand where the machine was faster and the scenario did not become faster with it.
    """
    found, kept = judge(runs), steady(runs, baseline_ns)
    if found.outcome != "pass" and not kept:
        reason = f"not judged: {_slower(runs, baseline_ns)}"
        return replace(unjudged(reason, found.threshold), more_runs=FULL_RUNS)
    if found.outcome != "pass" and len(kept) < len(runs):
        found = judge(kept)
        found = replace(found, reason=f"{found.reason}; left out: {_slower(runs, baseline_ns)}")
    return _unless_faster(found, kept, baseline_ns) if found.outcome == "pass" else found


def _slower(runs: Sequence[BenchRun], baseline_ns: float | None) -> str:
    times = [ratio(run, baseline_ns) or 1.0 for run in runs]
    slow = sum(is_slow(run, baseline_ns) for run in runs)
    return (
        f"{slow} of {len(runs)} runs, during which the machine itself was slower than at the baseline "
        f"(the same fixed work took up to x{max(times):.2f})"
    )


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
