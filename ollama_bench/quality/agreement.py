"""How well the rules agree with labels that readers gave: confusion, accuracy with its interval, Cohen's kappa."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ollama_bench.quality.prompt import Prompt
from ollama_bench.quality.score import score
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore, Dimension
from orchestrator.errors import ConfigurationError
from orchestrator.stats import wilson_interval

MAX_FILE_BYTES = 200_000_000
Label = Annotated[int, Field(ge=0, le=1, strict=True)]


class StoredAnswer(BaseModel):
    """One line of a JSONL file: an answer, and the labels of a reader where there are any."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    prompt: str
    """The id of the prompt that was answered."""
    answer: str
    done_reason: str | None = None
    follow: Label | None = None
    coherent: Label | None = None
    no_hallucination: Label | None = None


class _LabelledAnswer(StoredAnswer):
    follow: Label
    coherent: Label
    no_hallucination: Label


@dataclass(frozen=True)
class Agreement:
    """Scores against labels for one prompt (or all) on one dimension; "positive" is a 1."""

    prompt: str
    dimension: Dimension
    true_positive: int = 0
    false_positive: int = 0
    """Scored 1 where the label is 0."""
    false_negative: int = 0
    true_negative: int = 0
    not_assessed: int = 0
    """Answers that got no score; in none of the other counts."""

    @property
    def assessed(self) -> int:
        """The number of answers with a score."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative

    @property
    def accuracy(self) -> float | None:
        """The share of scores that equal their label; None without a score."""
        return (self.true_positive + self.true_negative) / self.assessed if self.assessed else None

    @property
    def accuracy_interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.true_positive + self.true_negative, self.assessed) if self.assessed else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None without a score."""
        return cohen_kappa(self.true_positive, self.false_positive, self.false_negative, self.true_negative)


def load_answers(path: Path, *, labels: bool = False) -> list[StoredAnswer]:
    """Read a JSONL file of answers (id, prompt, answer a line; with `labels`, the three labels too).

    Raises ConfigurationError, one line a mistake: `FILE:LINE: key: what is wrong`.
    """
    model = _LabelledAnswer if labels else StoredAnswer
    answers: list[StoredAnswer] = []
    mistakes: list[str] = []
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            answers.append(model.model_validate_json(line))
        except ValidationError as error:
            mistakes += [f"{path}:{number}: {_say(problem)}" for problem in error.errors(include_url=False)]
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    if not answers:
        raise ConfigurationError(f"{path}: holds no answers: expected one JSON object a line (id, prompt, answer)")
    return answers


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigurationError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
        return path.read_bytes().split(b"\n")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error


def _say(problem: object) -> str:
    assert isinstance(problem, dict)
    key = ".".join(str(part) for part in problem["loc"])
    message = str({"missing": "missing", "json_invalid": "not valid JSON"}.get(problem["type"], problem["msg"]))
    return f"{key}: {message}" if key else message


def score_answers(answers: Iterable[StoredAnswer], prompts: Iterable[Prompt]) -> list[AnswerScore]:
    """The score of each stored answer by the checks of its prompt. Raises ConfigurationError for one of no prompt."""
    by_id = {prompt.id: prompt for prompt in prompts}
    scores = []
    for item in answers:
        if item.prompt not in by_id:
            raise ConfigurationError(
                f"{item.id}: no quality prompt is called {item.prompt!r}; there are {', '.join(by_id)}"
            )
        scores.append(score(by_id[item.prompt], item.answer, done_reason=item.done_reason))
    return scores


def agree(answers: Sequence[StoredAnswer], scores: Sequence[AnswerScore]) -> list[Agreement]:
    """One Agreement per prompt and dimension, in the order the prompts come, then one per dimension over all."""
    prompts = [*dict.fromkeys(item.prompt for item in answers), "all"]
    return [_count(prompt, dimension, answers, scores) for prompt in prompts for dimension in DIMENSIONS]


def _count(
    prompt: str, dimension: Dimension, answers: Sequence[StoredAnswer], scores: Sequence[AnswerScore]
) -> Agreement:
    counts = {(1, 1): 0, (1, 0): 0, (0, 1): 0, (0, 0): 0}
    not_assessed = 0
    for item, scored in zip(answers, scores, strict=True):
        label, given = getattr(item, dimension), getattr(scored, dimension)
        if label is None or prompt not in (item.prompt, "all"):
            continue
        if given is None:
            not_assessed += 1
        else:
            counts[given, label] += 1
    return Agreement(prompt, dimension, counts[1, 1], counts[1, 0], counts[0, 1], counts[0, 0], not_assessed)


def cohen_kappa(true_positive: int, false_positive: int, false_negative: int, true_negative: int) -> float | None:
    """Agreement beyond chance, from -1 to 1; None without answers, 1.0 where both sides give one same score always.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960),
    37-46.
    """
    n = true_positive + false_positive + false_negative + true_negative
    if n == 0:
        return None
    observed = (true_positive + true_negative) / n
    scored, labelled = (true_positive + false_positive) / n, (true_positive + false_negative) / n
    chance = scored * labelled + (1 - scored) * (1 - labelled)
    return 1.0 if chance == 1 else (observed - chance) / (1 - chance)


def agreement_table(rows: Iterable[Agreement]) -> str:
    """A plain-text table; the four counts are score/label."""
    head = ("prompt", "dimension", "1/1", "1/0", "0/1", "0/0", "n/a", "accuracy", "95 % interval", "kappa")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Agreement) -> tuple[str, ...]:
    interval, counts = row.accuracy_interval, (row.true_positive, row.false_positive, row.false_negative)
    return (
        row.prompt,
        row.dimension,
        *(str(count) for count in (*counts, row.true_negative, row.not_assessed)),
        "-" if row.accuracy is None else f"{100 * row.accuracy:.1f} %",
        "-" if interval is None else f"{100 * interval[0]:.1f}-{100 * interval[1]:.1f} %",
        "-" if row.kappa is None else f"{row.kappa:.3f}",
    )
