"""Did it get slower? The verdict on raw samples of a baseline and of a candidate.

Pure. Runs are the unit of the test for the body, because most of the variance arises between runs (Kalibera & Jones,
ISMM 2013); single requests are the unit for the tail. `docs/gate.md` has the error rates, simulated.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, stdev
from typing import Literal

from orchestrator.stats import Shift, fisher_tail, holm, quantile, shift, shift_p_value

Outcome = Literal["pass", "fail", "inconclusive"]

LEVEL = 0.005
"""No test is looser than this."""
EARLY_LEVEL = 0.0001
"""With fewer runs than FULL_RUNS only overwhelming evidence fails: looking twice must not double the false alarms."""
FULL_RUNS = 3
SCREEN = 0.05
"""One run that is no further than this above its baseline passes at once."""
MIN_SAMPLES = 20
"""A candidate with fewer samples in all is not judged."""
MAX_CV = 0.25
"""The error rates were established for less scatter than this within a run."""
MAX_DRIFT = 0.10
"""A baseline whose runs scatter by more passes nothing: three runs could not show a regression of 20 % beside it."""
CHECKED_RUNS, CHECKED_SAMPLES = 10, 20
"""The error rates were established for baselines of so many runs of so many samples."""
MAX_MORE_RUNS = 50

_CLOCK_TICK_MS = 1e-6  # a reading of 0 is one of less than a nanosecond; its logarithm has to exist


@dataclass(frozen=True)
class GateDecision:
    """What the samples say about a regression. A ratio is candidate / baseline: 1.2 is 20 % slower."""

    outcome: Outcome
    reason: str
    """One sentence with the figures that decided."""
    median_ratio: float | None
    """Of the geometric means over runs of the runs' medians; None when nothing could be compared."""
    median_ratio_ci95: tuple[float, float] | None
    p95_ratio: float | None
    """The same of the runs' p95."""
    p95_ratio_ci95: tuple[float, float] | None
    p_value: float | None
    """Of the test that decided, or of the closer one."""
    body_p_value: float | None = None
    """One-sided t test over the runs' log medians."""
    tail_p_value: float | None = None
    """Fisher's exact test on the samples slower than (1 + threshold) x the baseline's pooled p95."""
    more_runs: int | None = None
    """When inconclusive: further candidate runs that would settle it if the figures stay; None if none would."""
    threshold: float = 0.10


@dataclass(frozen=True)
class _Evidence:
    body: Shift
    tail: Shift
    common_tail: float
    """As `tail.difference`, but of the median over the candidate's runs: what most of them have."""
    slow: int
    """Candidate samples beyond the tail's limit, of `size`."""
    size: int
    baseline_slow: int
    baseline_size: int
    runs: int
    baseline_runs: int
    drift: float
    """Standard deviation of the baseline's log medians."""
    caveats: Sequence[str]

    @property
    def tail_p_value(self) -> float:
        return fisher_tail(self.slow, self.size, self.baseline_slow, self.baseline_size)

    def is_burst(self, excess: float) -> bool:
        """Whether the tail's excess comes from a few runs, and the body has none."""
        return self.tail.difference > excess >= max(self.body.difference, self.common_tail)


def judge(
    baseline: Sequence[Sequence[float]],
    candidate: Sequence[Sequence[float]],
    *,
    threshold: float = 0.10,
    level: float = LEVEL,
) -> GateDecision:
    """Hold the candidate's runs against the baseline's; each inner list holds one run's raw milliseconds.

    BODY: the mean of the runs' log medians is above the baseline's by more than ln(1 + threshold), and a pooled t test
    over runs is significant at `level`. TAIL: the runs' log p95 are above by as much, their mean and their median, and
    Fisher's exact test on the counts beyond (1 + threshold) x the baseline's pooled p95 is significant at `level`. (The
    median, because a neighbour's burst slows many samples of one run, and the test takes samples for independent.)
    Either one fails. An excess that is not significant is inconclusive. Fewer than FULL_RUNS candidate runs are a
    screening: within SCREEN they pass, else only EARLY_LEVEL fails and the rest is inconclusive. Beside a baseline
    whose runs scatter by more than MAX_DRIFT, what would pass is inconclusive too.

    Raises ValueError for no runs, an empty run, a sample that is negative or not finite, a threshold <= 0.
    """
    _check(baseline, candidate, threshold)
    samples = sum(len(run) for run in candidate)
    if len(baseline) < 2:
        return unjudged("the baseline has a single run: pin one of 10", threshold)
    if samples < MIN_SAMPLES:
        missing = math.ceil((MIN_SAMPLES - samples) / max(len(run) for run in candidate))
        reason = f"the candidate has {samples} samples, fewer than {MIN_SAMPLES}"
        return replace(unjudged(reason, threshold), more_runs=missing)
    return _decide(_gather(baseline, candidate, threshold), threshold, level)


def baseline_caveats(runs: Sequence[Sequence[float]]) -> list[str]:
    """In what a baseline of at least two runs lies outside of what the error rates were established for."""
    cv, drift = median(map(_cv, runs)), _run_to_run(runs)
    noise = [f"CV {cv * 100:.0f} % within a run"] if cv >= MAX_CV else []
    noise += [f"the baseline's runs scatter by {drift * 100:.0f} %"] if drift > MAX_DRIFT else []
    caveats = [f"more noise than this rule was checked for: {' and '.join(noise)}"] if noise else []
    shortest = min(map(len, runs))
    if len(runs) < CHECKED_RUNS or shortest < CHECKED_SAMPLES:
        caveats.append(
            f"a smaller baseline ({len(runs)} runs of {shortest} samples) than this rule was checked for "
            f"({CHECKED_RUNS} of {CHECKED_SAMPLES}): it is wrong more often"
        )
    return caveats


def judge_family(
    decisions: Mapping[str, GateDecision], judge_at: Callable[[str, float], GateDecision], family: float = 0.05
) -> dict[str, GateDecision]:
    """Many decisions at once: a failure stands only where its test passes Holm's step-down over both tests of all
    decisions, at the family-wise level `family` and none looser than LEVEL. Others become inconclusive, and
    `judge_at`, the judgement of one of them at Holm's strictest level, says how many more runs would settle it.
    """
    tests = [
        (name, p_value)
        for name, decision in decisions.items()
        for p_value in (decision.body_p_value, decision.tail_p_value)
        if p_value is not None
    ]
    levels = holm([p_value for _, p_value in tests], family, LEVEL)
    standing = {(name, p_value) for (name, p_value), level in zip(tests, levels, strict=True) if p_value < level}
    return {
        name: decision
        if decision.outcome != "fail" or (name, decision.p_value) in standing
        else replace(
            decision,
            outcome="inconclusive",
            reason=f"{decision.reason}; not significant among {len(tests)} tests (Holm, family-wise {family:g})",
            more_runs=judge_at(name, family / len(tests)).more_runs,
        )
        for name, decision in decisions.items()
    }


def _check(baseline: Sequence[Sequence[float]], candidate: Sequence[Sequence[float]], threshold: float) -> None:
    if not threshold > 0:
        raise ValueError(f"the threshold must be above 0, not {threshold}")
    for role, runs in (("baseline", baseline), ("candidate", candidate)):
        if not runs or not all(runs):
            raise ValueError(f"the {role} has no runs, or an empty one")
        if not all(math.isfinite(value) and value >= 0 for run in runs for value in run):
            raise ValueError(f"the {role} has a sample that is negative or not finite")


def unjudged(reason: str, threshold: float) -> GateDecision:
    """A decision without a comparison: inconclusive."""
    return GateDecision("inconclusive", reason, None, None, None, None, None, threshold=threshold)


def _gather(baseline: Sequence[Sequence[float]], candidate: Sequence[Sequence[float]], threshold: float) -> _Evidence:
    pooled = [value for run in baseline for value in run]
    tails, candidate_tails = _logs(baseline, _p95), _logs(candidate, _p95)
    limit = (1 + threshold) * quantile(pooled, 0.95)
    return _Evidence(
        body=shift(_logs(baseline, median), _logs(candidate, median)),
        tail=shift(tails, candidate_tails),
        common_tail=median(candidate_tails) - fmean(tails),
        slow=sum(value > limit for run in candidate for value in run),
        size=sum(len(run) for run in candidate),
        baseline_slow=sum(value > limit for value in pooled),
        baseline_size=len(pooled),
        runs=len(candidate),
        baseline_runs=len(baseline),
        drift=_run_to_run(baseline),
        caveats=baseline_caveats(baseline),
    )


def _run_to_run(runs: Sequence[Sequence[float]]) -> float:
    """Standard deviation of the log medians of at least two runs: 0.04 is about 4 %."""
    return stdev(_logs(runs, median))


def _p95(run: Sequence[float]) -> float:
    return quantile(run, 0.95)


def _logs(runs: Sequence[Sequence[float]], statistic: Callable[[Sequence[float]], float]) -> list[float]:
    return [math.log(max(statistic(run), _CLOCK_TICK_MS)) for run in runs]


def _cv(run: Sequence[float]) -> float:
    mean = fmean(run)
    return stdev(run) / mean if len(run) > 1 and mean > 0 else 0.0


def _decide(seen: _Evidence, threshold: float, full_level: float) -> GateDecision:
    excess = math.log1p(threshold)
    tail_p = seen.tail_p_value
    level = full_level if seen.runs >= FULL_RUNS else min(full_level, EARLY_LEVEL)
    body_exceeds = seen.body.difference > excess
    tail_exceeds = min(seen.tail.difference, seen.common_tail) > excess
    screening = seen.runs < FULL_RUNS
    looks_slow = max(seen.body.difference, seen.tail.difference) > math.log1p(SCREEN)
    outcome: Outcome
    if (body_exceeds and seen.body.p_value < level) or (tail_exceeds and tail_p < level):
        outcome = "fail"
    elif body_exceeds or seen.tail.difference > excess or (screening and looks_slow) or seen.drift > MAX_DRIFT:
        outcome = "inconclusive"
    else:
        outcome = "pass"
    more_runs = _more_runs(seen, excess, body_exceeds, tail_exceeds, full_level) if outcome == "inconclusive" else None
    beyond = [p for p, is_beyond in ((seen.body.p_value, body_exceeds), (tail_p, tail_exceeds)) if is_beyond]
    decision = GateDecision(
        outcome=outcome,
        reason="",
        median_ratio=math.exp(seen.body.difference),
        median_ratio_ci95=_ratio_interval(seen.body),
        p95_ratio=math.exp(seen.tail.difference),
        p95_ratio_ci95=_ratio_interval(seen.tail),
        p_value=min(beyond or (seen.body.p_value, tail_p)),
        body_p_value=seen.body.p_value,
        tail_p_value=tail_p,
        more_runs=more_runs,
        threshold=threshold,
    )
    return replace(decision, reason=_reason(decision, seen, level))


def _ratio_interval(found: Shift) -> tuple[float, float]:
    margin = found.margin()
    return math.exp(found.difference - margin), math.exp(found.difference + margin)


def _more_runs(seen: _Evidence, excess: float, body_exceeds: bool, tail_exceeds: bool, level: float) -> int | None:
    """The fewest further runs like those seen that make an excess significant, at least up to FULL_RUNS in all; so
    many are worth making whatever one run or two have said.
    """
    least = max(FULL_RUNS - seen.runs, 1)

    def body_p(more: int) -> float:
        spread = seen.body.standard_error / math.sqrt(1 / seen.baseline_runs + 1 / seen.runs)
        runs = seen.runs + more
        error = spread * math.sqrt(1 / seen.baseline_runs + 1 / runs)
        return shift_p_value(seen.body.difference, error, seen.baseline_runs + runs - 2)

    def tail_p(more: int) -> float:
        growth = (seen.runs + more) / seen.runs
        slow, size = round(seen.slow * growth), round(seen.size * growth)
        return fisher_tail(slow, size, seen.baseline_slow, seen.baseline_size)

    tests = [test for test, is_beyond in ((body_p, body_exceeds), (tail_p, tail_exceeds)) if is_beyond]
    if not tests:
        return least if seen.drift <= MAX_DRIFT and not seen.is_burst(excess) else None
    needed = [bisect_left(range(1, MAX_MORE_RUNS + 1), True, key=lambda n: test(n) < level) for test in tests]
    fewest = min(needed) + 1
    if fewest <= MAX_MORE_RUNS:
        return max(fewest, least)
    return least if seen.runs < FULL_RUNS else None


def _reason(decision: GateDecision, seen: _Evidence, level: float) -> str:
    percent = f"{decision.threshold * 100:g} %"
    figures = (
        f"median x{decision.median_ratio:.3f} (p = {seen.body.p_value:.2g}), "
        f"p95 x{decision.p95_ratio:.3f} (p = {decision.tail_p_value:.2g})"
    )
    runs = f"{seen.runs} run{'s' if seen.runs > 1 else ''} against {seen.baseline_runs}"
    excess = math.log1p(decision.threshold)
    if decision.outcome == "fail":
        said = f"slower by more than {percent}, beyond chance at {level:g}: {figures}, {runs}"
    elif decision.outcome == "pass":
        said = f"no regression beyond {percent}: {figures}, {runs}"
    elif not decision.more_runs and max(seen.body.difference, seen.tail.difference) <= excess:
        said = f"the baseline is too noisy to pass anything, pin it again on a quiet machine: {figures}, {runs}"
    elif seen.runs < FULL_RUNS:
        said = f"looks slow on {runs}: {figures}; {_settling(decision)}"
    elif seen.is_burst(excess):
        said = (
            f"above {percent} but only in a few runs: {figures}, {runs}; more runs like these would not settle it: "
            "measure anew when nothing else uses the machine"
        )
    else:
        said = f"above {percent} but not beyond chance: {figures}, {runs}; {_settling(decision)}"
    return "; ".join([said, *seen.caveats])


def _settling(decision: GateDecision) -> str:
    if decision.more_runs is None:
        return "no number of runs would settle it: pin a longer, quieter baseline"
    return f"{decision.more_runs} more run{'s' if decision.more_runs > 1 else ''} like these would settle it"
