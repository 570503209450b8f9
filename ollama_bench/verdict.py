"""The keep-small / scale-up rule: a policy, the figures it looks at, and a verdict with its conditions. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from ollama_bench.metrics import Summary
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore
from ollama_bench.trial import TimedPhase
from ollama_bench.values import Config, Frozen

Decision = Literal["keep small", "try 3–8B", "need bigger", "inconclusive"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Parameters = Annotated[int, Field(gt=0, strict=True)]


class Suggestion(Config):
    """A model to try instead."""

    model: str
    parameters: Parameters


class Policy(Config):
    """config/verdict.yaml; what is absent there keeps the value here."""

    max_short_latency_s: Positive = 2.0
    min_gen_tok_s: Positive = 20.0
    max_failed_quality_prompts: Annotated[int, Field(ge=0, strict=True)] = 1
    small_below_parameters: Parameters = 3_000_000_000
    suggestions: tuple[Suggestion, ...] = (
        Suggestion(model="phi3:3.8b", parameters=3_800_000_000),
        Suggestion(model="llama3.1:8b-instruct-q4_K_M", parameters=8_000_000_000),
    )


class Condition(Frozen):
    """One thing that must hold to keep the small model."""

    name: str
    observed: float | None
    limit: float
    passed: bool | None
    """None when it was not measured, or not enough of it to tell."""
    text: str
    """The condition in words, with its figure and its limit."""


class Verdict(Frozen):
    """The decision, and all that led to it."""

    decision: Decision
    conditions: tuple[Condition, ...]
    suggestions: tuple[str, ...] = ()
    """Models to try, where the decision is to scale up."""
    advice: tuple[str, ...] = ()
    """What to know before following it."""


def decide_verdict(
    phases: Mapping[TimedPhase, Mapping[str, Summary]],
    scores: Sequence[AnswerScore],
    parameter_count: int | None,
    policy: Policy,
) -> Verdict:
    """Apply `policy`. `scores` has the first answer's of every quality prompt that was planned, reached or not."""
    latency = _latency(phases.get("warm", {}).get("latency_s", Summary()).p50, policy)
    speed = _speed(phases.get("real", {}).get("gen_tok_s", Summary()).p50, policy)
    quality = _quality(scores, policy)
    conditions = (latency, speed, quality)
    if any(condition.passed is None for condition in conditions):
        return Verdict(decision="inconclusive", conditions=conditions, advice=_remeasure(conditions))
    if all(condition.passed for condition in conditions):
        return Verdict(decision="keep small", conditions=conditions)
    is_small = parameter_count is None or parameter_count < policy.small_below_parameters
    bigger = [s.model for s in policy.suggestions if parameter_count is None or s.parameters > parameter_count]
    too_slow = not (latency.passed and speed.passed)
    return Verdict(
        decision="try 3–8B" if is_small else "need bigger",
        conditions=conditions,
        suggestions=tuple(bigger),
        advice=_SLOW_ADVICE if too_slow else (),
    )


_SLOW_ADVICE = (
    "Speed is what failed: a heavier model will be slower still on this hardware.",
    "What would help instead: a smaller quantisation of this model (q4_K_M or below), or a GPU.",
)


def _latency(observed_s: float | None, policy: Policy) -> Condition:
    limit = policy.max_short_latency_s
    return Condition(
        name="short_latency_s",
        observed=observed_s,
        limit=limit,
        passed=None if observed_s is None else observed_s <= limit,
        text=f"short prompt, warm, median latency {_figure(observed_s, 's', 2)} (at most {limit:g} s)",
    )


def _speed(observed_tok_s: float | None, policy: Policy) -> Condition:
    limit = policy.min_gen_tok_s
    return Condition(
        name="gen_tok_s",
        observed=observed_tok_s,
        limit=limit,
        passed=None if observed_tok_s is None else observed_tok_s >= limit,
        text=f"real prompt, median generation {_figure(observed_tok_s, 'tok/s', 1)} (at least {limit:g} tok/s)",
    )


def _quality(scores: Sequence[AnswerScore], policy: Policy) -> Condition:
    """Passed or failed as soon as the prompts that could not be assessed cannot change it."""
    limit = policy.max_failed_quality_prompts
    outcomes = [prompt_passed(score) for score in scores]
    failed, unknown = outcomes.count(False), outcomes.count(None)
    measured = unknown < len(scores)
    passed = None
    if failed > limit:
        passed = False
    elif measured and failed + unknown <= limit:
        passed = True
    seen = f"{failed} of {len(scores)} failed" + (f", {unknown} not assessed" if unknown else "")
    return Condition(
        name="failed_quality_prompts",
        observed=float(failed) if measured else None,
        limit=float(limit),
        passed=passed,
        text=f"quality prompts: {seen if scores else 'not measured'} (at most {limit})",
    )


def prompt_passed(score: AnswerScore) -> bool | None:
    """Whether all three scores are 1; None when that cannot be told for want of one."""
    values = [getattr(score, dimension) for dimension in DIMENSIONS]
    if 0 in values:
        return False
    return None if None in values else True


def _remeasure(conditions: Sequence[Condition]) -> tuple[str, ...]:
    missing = ", ".join(condition.name for condition in conditions if condition.passed is None)
    return (f"Not measured: {missing}. No verdict is given on part of the evidence.",)


def _figure(value: float | None, unit: str, digits: int) -> str:
    return "not measured" if value is None else f"{value:.{digits}f} {unit}"
