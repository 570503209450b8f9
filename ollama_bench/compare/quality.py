"""Quality by prompt: what each side scored, where they differ, and how often further answers passed. Pure.

A first answer is one answer at temperature 0: that two sides differ on it is told, and no more is made of it. Further
answers, with seeds of their own, are samples; of those a rate may be told to be higher.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ollama_bench.compare.sides import Side
from ollama_bench.compare.terms import Mark, Terms
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore, Dimension
from ollama_bench.scorecard import QualityAnswer, QualityPrompt
from ollama_bench.values import Frozen
from ollama_bench.verdict import prompt_passed
from orchestrator.stats import fisher_tail, wilson_interval

MIN_ANSWERS = 6
"""Further answers a side: with fewer, no split of them is significant at the level of any test here (5 of 5 beside 0 of
5 has a p of .008), and a test that cannot succeed would only make the others stricter."""

DOUBTS = frozenset({"incomplete", "failed_requests"})
"""Codes that make answers doubtful; whatever else is wrong with a run leaves them as they are."""

Often = Literal["more often", "less often", "cannot tell"]


class Score(Frozen):
    """First answers that scored 1, of those that were assessed: 1 of 1 or 0 of 1 unless a side has several runs."""

    ones: int = 0
    n: int = 0

    @property
    def share(self) -> float | None:
        """None where nothing was assessed."""
        return self.ones / self.n if self.n else None


class Rate(Frozen):
    """Further answers that passed, all three scores being 1."""

    passed: int
    n: int
    ci95: tuple[float, float]
    """Wilson's interval."""


class QualitySide(Frozen):
    """What one side scored on one prompt."""

    scores: dict[Dimension, Score]
    further: Rate | None = None


class ComparedPrompt(Frozen):
    """One prompt, both sides."""

    id: str
    reference: QualitySide
    candidate: QualitySide
    differs: tuple[Dimension, ...]
    """Dimensions on which the first answers do not score alike."""
    p_value: float | None = None
    """Fisher's exact test, two-sided, on the further answers; None where there are too few of them, or both sides
    hold the same run.
    """
    passes: Often | None = None
    """The candidate beside the reference; None where it was not tested."""
    reason: str | None = None
    """Why it cannot be told, where that is a doubt."""
    marks: tuple[Mark, ...] = ()


class ComparedQuality(Frozen):
    """All prompts that both sides were asked."""

    prompts: tuple[ComparedPrompt, ...]
    reference_totals: dict[Dimension, Score]
    candidate_totals: dict[Dimension, Score]
    only_one_side: tuple[str, ...] = ()
    """Prompts that the other side was not asked."""


@dataclass(frozen=True)
class _Asked:
    """The answers of one side to one prompt."""

    first: list[QualityPrompt]
    further: dict[int, QualityAnswer]
    """By seed: the same seed in another run is the same answer again, so it counts once."""


def compare_quality(reference: Side, candidate: Side) -> ComparedQuality | None:
    """Prompt by prompt, untested yet as to `passes`; None where a side has no quality answers."""
    ours, theirs = _asked(reference), _asked(candidate)
    if not ours or not theirs:
        return None
    tested = not reference.ids & candidate.ids
    prompts = tuple(_compared(name, ours[name], theirs[name], tested=tested) for name in ours if name in theirs)
    return ComparedQuality(
        prompts=prompts,
        reference_totals=_totals([prompt.reference for prompt in prompts]),
        candidate_totals=_totals([prompt.candidate for prompt in prompts]),
        only_one_side=tuple(name for name in {**ours, **theirs} if (name in ours) != (name in theirs)),
    )


def judged(prompt: ComparedPrompt, terms: Terms, doubts: str | None) -> ComparedPrompt:
    """The same with what its test says, if there was one; `doubts` are those of the answers."""
    ours, theirs = prompt.reference.further, prompt.candidate.further
    if prompt.p_value is None or ours is None or theirs is None:
        return prompt
    reason = terms.withheld(doubts)
    said: Often = "cannot tell"
    if reason is None and prompt.p_value <= terms.significant:
        said = "more often" if theirs.passed / theirs.n > ours.passed / ours.n else "less often"
    return prompt.model_copy(update={"passes": said, "reason": reason, "marks": terms.marks(doubts)})


def _asked(side: Side) -> dict[str, _Asked]:
    found: dict[str, _Asked] = {}
    for run in side.runs:
        for prompt in run.result.quality.prompts if run.result.quality else ():
            asked = found.setdefault(prompt.id, _Asked([], {}))
            asked.first.append(prompt)
            for sample in prompt.samples:
                asked.further.setdefault(sample.seed, sample)
    return found


def _compared(name: str, ours: _Asked, theirs: _Asked, *, tested: bool) -> ComparedPrompt:
    reference, candidate = _quality_side(ours), _quality_side(theirs)
    differs = [d for d in DIMENSIONS if _differ(reference.scores[d], candidate.scores[d])]
    return ComparedPrompt(
        id=name,
        reference=reference,
        candidate=candidate,
        differs=tuple(differs),
        p_value=_p_value(reference.further, candidate.further) if tested else None,
    )


def _quality_side(asked: _Asked) -> QualitySide:
    scores = {d: _score([getattr(answer.scores, d) for answer in asked.first]) for d in DIMENSIONS}
    passed = [_passed(answer) for answer in asked.further.values()]
    assessed = [each for each in passed if each is not None]
    if not assessed:
        return QualitySide(scores=scores)
    hits, n = sum(assessed), len(assessed)
    return QualitySide(scores=scores, further=Rate(passed=hits, n=n, ci95=wilson_interval(hits, n)))


def _passed(answer: QualityAnswer) -> bool | None:
    return prompt_passed(AnswerScore(**answer.scores.model_dump()))


def _score(values: Sequence[int | None]) -> Score:
    return Score(ones=values.count(1), n=len(values) - values.count(None))


def _differ(ours: Score, theirs: Score) -> bool:
    return ours.n > 0 and theirs.n > 0 and ours.share != theirs.share


def _totals(sides: Sequence[QualitySide]) -> dict[Dimension, Score]:
    def total(scores: Sequence[Mapping[Dimension, Score]], name: Dimension) -> Score:
        return Score(ones=sum(s[name].ones for s in scores), n=sum(s[name].n for s in scores))

    return {name: total([side.scores for side in sides], name) for name in DIMENSIONS}


def _p_value(ours: Rate | None, theirs: Rate | None) -> float | None:
    if ours is None or theirs is None or min(ours.n, theirs.n) < MIN_ANSWERS:
        return None
    more = fisher_tail(theirs.passed, theirs.n, ours.passed, ours.n)
    return min(1.0, 2 * min(more, fisher_tail(ours.passed, ours.n, theirs.passed, theirs.n)))
