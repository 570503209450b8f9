"""Doubts about how many samples there are, and what they say together."""

from collections.abc import Sequence
from statistics import fmean

from ollama_bench.metrics import trial_metrics
from ollama_bench.plan import PRECISE_METRICS, RunPlan
from ollama_bench.stability.rule import Evidence, Found, Unknown, good
from ollama_bench.stopping import imprecise
from orchestrator.stats import quantile_interval, shift

DRIFT_TOLERANCE, DRIFT_P = 0.05, 0.005
MIN_THIRD = 3
"""Trials that a third must have before thirds are compared."""


def too_few(evidence: Evidence) -> Found | Unknown | None:
    """Whether the medians that the verdict rests on may lie on the other side of their limits."""
    missing = []
    for condition in evidence.verdict.conditions:
        phase = {"short_latency_s": ("warm", "latency_s"), "gen_tok_s": ("real", "gen_tok_s")}.get(condition.name)
        if phase is None:
            continue
        values = _values(evidence, *phase)
        if not values:
            missing.append(condition.name)
            continue
        low, high = _reach(values)
        if len(values) < 3 or low <= condition.limit <= high:
            return Found(
                f"{len(values)} samples of {condition.name} do not tell on which side of its limit of "
                f"{condition.limit:g} the median is ({low:.3g} to {high:.3g})",
                _more_samples(evidence),
            )
    return Unknown(f"{', '.join(missing)} not measured") if missing else None


def _reach(values: Sequence[float]) -> tuple[float, float]:
    """Where the median may be: its 95 % interval; for fewer values than have one, their range and as much around it."""
    low, high = quantile_interval(values, 0.5)
    if low is not None and high is not None:
        return low, high
    spread = max(values) - min(values)
    return max(0.0, min(values) - spread), max(values) + spread


def asked_for_precision(plan: RunPlan) -> bool:
    """Whether there is a precision to reach."""
    return plan.until_precise is not None


def not_precise(evidence: Evidence) -> Found | Unknown | None:
    """--until-precise was not reached."""
    assert evidence.plan.until_precise is not None
    measured = {phase: [trial for trial in good(evidence) if trial.phase == phase] for phase in PRECISE_METRICS}
    missed = [
        f"{name} of {phase} ± {f'{100 * width:.1f} %' if width is not None else 'unknown'} after {len(trials)}"
        for phase, trials in measured.items()
        for name, width in imprecise(evidence.plan, trials).items()
    ]
    if not missed:
        return None if all(measured.values()) else Unknown("a phase was not measured")
    return Found(
        f"the median was not pinned to ± {100 * evidence.plan.until_precise:g} %: {', '.join(missed)}",
        "a quieter machine, or a wider --until-precise",
    )


def drift(evidence: Evidence) -> Found | Unknown | None:
    """The first trials differ from the last."""
    looked = False
    for phase, name in (("warm", "latency_s"), ("real", "gen_tok_s")):
        values = _values(evidence, phase, name)
        third = len(values) // 3
        if third < MIN_THIRD:
            continue
        looked = True
        first, last = values[:third], values[-third:]
        if fmean(first) <= 0:
            continue
        change = fmean(last) / fmean(first) - 1
        p_value = min(shift(first, last).p_value, shift(last, first).p_value)
        if abs(change) > DRIFT_TOLERANCE and p_value < DRIFT_P:
            return Found(
                f"{name} of {phase} moved by {100 * change:+.0f} % from the first third of its trials to the last",
                "heat, a filling memory or a load that came or went: let the machine settle, then run again",
            )
    return None if looked else Unknown(f"fewer than {3 * MIN_THIRD} trials a phase")


def _values(evidence: Evidence, phase: str, name: str) -> list[float]:
    """One metric of one phase, in the order measured."""
    figures = (trial_metrics(trial)[name] for trial in good(evidence) if trial.phase == phase)
    return [value for value in figures if value is not None]


def _more_samples(evidence: Evidence) -> str:
    plan = evidence.plan
    if plan.until_precise is not None:
        reached = not_precise(evidence) is None
        return "a quieter machine, or a narrower --until-precise" if reached else "a quieter machine"
    return {
        "quick": "take more: --profile standard, or --until-precise 5%",
        "standard": "take more: --profile thorough, or --until-precise 5%",
    }.get(plan.profile, "take more: --until-precise 5%")
