"""The comparison as a document: what `compare --json` prints. Pure."""

from datetime import datetime
from typing import Literal

from ollama_bench.compare.alike import Difference
from ollama_bench.compare.metrics import Outcome
from ollama_bench.compare.quality import ComparedQuality
from ollama_bench.compare.terms import Mark
from ollama_bench.scorecard import Model
from ollama_bench.trial import TimedPhase
from ollama_bench.values import Frozen
from orchestrator.clean import clean_json


class ComparedRun(Frozen):
    """One document of a side."""

    file: str
    id: str
    started_at: datetime
    complete: bool
    valid: bool | None
    """None in documents of before it was kept."""
    doubts: tuple[str, ...]
    """Codes of the conditions that do not hold."""


class SideVerdict(Frozen):
    """What some of a side's runs were decided to."""

    decision: str
    runs: int
    reasons: tuple[str, ...]
    """The conditions that do not hold, or were not measured; all of them where all hold."""


class ComparedSide(Frozen):
    """One side."""

    label: str
    name: str
    """As it was given: a file, a folder, a pattern."""
    model: Model
    trials: dict[TimedPhase, tuple[int, int]]
    """The fewest and the most good trials that a run has."""
    runs: tuple[ComparedRun, ...]
    verdicts: tuple[SideVerdict, ...]


class Figure(Frozen):
    """One metric of one side."""

    median: float | None
    """Of one run its median; of several the geometric mean of theirs. In the unit of the metric's name."""
    runs: int
    """That measured it."""
    samples: int


class Row(Frozen):
    """One metric of two sides."""

    metric: str
    """`phase.name`, or the name of what a run has one of."""
    reference: Figure
    candidate: Figure
    ratio: float | None
    """Candidate by reference; None where one was not measured, or is 0."""
    ratio_ci95: tuple[float, float] | None
    """None where there are too few values for an interval."""
    unit: Literal["run", "trial"] | None
    """What the interval takes for independent; `trial` takes in an assumed run-to-run scatter."""
    p_value: float | None
    """Two-sided."""
    outcome: Outcome
    """Of the candidate, beside the reference."""
    within_percent: float | None
    """The whole interval lies within so much of 1; None where that is more than 10 %, or nothing is to be told."""
    reason: str | None
    """Why it cannot be told."""
    marks: tuple[Mark, ...]


class Pair(Frozen):
    """One candidate beside the reference."""

    reference: str
    candidate: str
    rows: tuple[Row, ...]
    quality: ComparedQuality | None
    """None where a side has no quality answers."""
    summary: tuple[str, ...]
    """In words: winners where the evidence holds, and what cannot be told."""
    notes: tuple[str, ...]


class Family(Frozen):
    """All tests of the comparison share one level."""

    method: Literal["Holm"] = "Holm"
    level: float
    loosest_level: float
    tests: int


class Comparison(Frozen):
    """All of it."""

    kind: Literal["comparison"] = "comparison"
    schema_version: Literal[1] = 1
    sides: tuple[ComparedSide, ...]
    """The first is the reference."""
    forced: bool
    differences: tuple[Difference, ...]
    """In what the sides were not measured alike; only with --force is there a comparison then."""
    family: Family
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """The document as text."""
        return clean_json(self.model_dump_json(indent=1)) + "\n"
