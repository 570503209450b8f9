"""One side of a comparison: the runs of one model. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ollama_bench.compare.metrics import Metric
from ollama_bench.scorecard import Model, RunResult
from orchestrator.errors import ConfigurationError


@dataclass(frozen=True)
class Run:
    """One document, with the file that it came from."""

    file: str
    result: RunResult

    @property
    def doubts(self) -> list[str]:
        """The codes of the conditions that are known not to hold."""
        conditions = self.result.validity.conditions if self.result.validity else ()
        codes = [condition.code for condition in conditions if condition.passed is False]
        return codes if self.result.complete or "incomplete" in codes else ["incomplete", *codes]


@dataclass(frozen=True)
class Side:
    """Runs of one model, oldest first; no run twice."""

    label: str
    """A, B, C …"""
    name: str
    """As it was given."""
    runs: tuple[Run, ...]
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> Model:
        """The model that all of its runs measured."""
        return self.runs[0].result.model

    @property
    def ids(self) -> set[str]:
        """Of its runs."""
        return {run.result.id for run in self.runs}

    def values(self, metric: Metric) -> list[Sequence[float]]:
        """One list for each run that measured it."""
        return [values for run in self.runs if (values := metric.values(run.result))]

    def bases(self, metric: Metric) -> set[str]:
        """What counted it, in the runs that measured it."""
        return {metric.basis(run.result) for run in self.runs if metric.values(run.result)}

    def doubts(self, touches: Callable[[str], bool]) -> list[str]:
        """The doubts whose code `touches` what is looked at, with the number of runs that have them."""
        found = Counter(code for run in self.runs for code in dict.fromkeys(run.doubts) if touches(code))
        of = len(self.runs)
        return [code if of == 1 else f"{code} ({count} of {of} runs)" for code, count in found.items()]


def make_side(place: int, name: str, found: Sequence[tuple[str, RunResult]], notes: Sequence[str] = ()) -> Side:
    """The side at `place` (from 0) out of its files.

    Raises ConfigurationError where they are not runs of one model.
    """
    label, said = label_of(place), list(notes)
    runs: dict[str, Run] = {}
    for file, result in found:
        if result.id in runs:
            said.append(f"{label}: {file} is the same run as {runs[result.id].file}: it counts once")
        else:
            runs[result.id] = Run(file, result)
    models = {run.result.model.digest or run.result.model.name: run.result.model for run in runs.values()}
    if len(models) > 1:
        raise ConfigurationError(
            f"{name}: a side is one model, and these are runs of {' and '.join(map(_shown, models.values()))}: "
            "name the files of each with commas between them, or give each a folder"
        )
    ordered = sorted(runs.values(), key=lambda run: run.result.started_at.timestamp())
    return Side(label, name, tuple(ordered), tuple(said))


def label_of(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    return (label_of(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def _shown(model: Model) -> str:
    digest = (model.digest or "").removeprefix("sha256:")[:12]
    return " ".join(part for part in (model.name, model.quantization, digest) if part)
