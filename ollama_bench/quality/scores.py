"""What a score is: the values that travel from the verifiers into the result document."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from ollama_bench.values import Int64

Dimension = Literal["follow", "coherent", "no_hallucination"]
DIMENSIONS: tuple[Dimension, ...] = ("follow", "coherent", "no_hallucination")

Span = tuple[Int64, Int64]
"""Start and end (exclusive) of a stretch of the answer, in characters of the whole answer as it came."""


class Evidence(BaseModel):
    """What one rule saw in an answer; a 0 always has at least one of these with `passed` false."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    dimension: Dimension
    passed: bool
    observed: str
    expected: str
    span: Span | None = None


class AnswerScore(BaseModel):
    """The three scores of one answer: 0, 1, or None where it was not assessed (`reason` says why)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    follow: int | None
    coherent: int | None
    no_hallucination: int | None
    evidence: tuple[Evidence, ...] = ()
    reason: str | None = None


def not_assessed(reason: str) -> AnswerScore:
    """The score of an answer that cannot be judged, such as one whose request failed."""
    return AnswerScore(follow=None, coherent=None, no_hallucination=None, reason=reason)
