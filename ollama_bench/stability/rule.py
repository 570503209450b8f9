"""What a rule looks at and what it may say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ollama_bench.observed import Conditions, Cost, Resources
from ollama_bench.plan import RunPlan
from ollama_bench.trial import Trial
from ollama_bench.values import Frozen
from ollama_bench.verdict import Verdict


class StabilityWarning(Frozen):
    """One doubt about the figures, or one thing to know about them."""

    code: str
    message: str
    remedy: str


class ValidityCondition(Frozen):
    """One thing that must hold for the figures to be believed."""

    code: str
    passed: bool | None
    """None where it could not be looked at."""
    text: str


class Validity(Frozen):
    """Whether to believe the run: no condition is known not to hold."""

    valid: bool
    conditions: tuple[ValidityCondition, ...]


@dataclass(frozen=True)
class Evidence:
    """All that the rules look at."""

    plan: RunPlan
    trials: Sequence[Trial]
    resources: Resources
    conditions: Conditions
    cost: Cost | None
    verdict: Verdict
    complete: bool = True


@dataclass(frozen=True)
class Found:
    """A condition that does not hold."""

    message: str
    remedy: str


@dataclass(frozen=True)
class Unknown:
    """A condition that could not be looked at."""

    reason: str


@dataclass(frozen=True)
class Rule:
    """One condition."""

    code: str
    holds: str
    """The condition in words, where it holds."""
    look: Callable[[Evidence], Found | Unknown | None]
    is_note: bool = False
    applies: Callable[[RunPlan], bool] = lambda _plan: True
    """Whether there is anything to look at: a condition that nobody asked for is not listed."""


def good(evidence: Evidence) -> Iterator[Trial]:
    """The trials that succeeded, of all phases."""
    return (trial for trial in evidence.trials if trial.ok)


def not_told(evidence: Evidence) -> Unknown:
    """For what the machine should have told."""
    return Unknown(evidence.conditions.reason or "this system does not tell")
