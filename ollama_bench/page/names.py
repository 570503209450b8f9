"""What each run is called on a page: its model, and when it was made where that is needed to tell it from others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ollama_bench.scorecard import RunResult
from orchestrator.clean import one_line
from orchestrator.files import slug

LONGEST = 48
"""Characters of a label in a chart or a table; a heading has room for more."""


@dataclass(frozen=True)
class Named:
    """A run with its names."""

    result: RunResult
    name: str
    """The model's."""
    label: str
    """Short, and no other run's."""
    anchor: str
    """What its section, and all within it, is linked by."""


def name_runs(results: Sequence[RunResult]) -> list[Named]:
    """The runs in their order."""
    names = [_name(result, LONGEST) for result in results]
    often = Counter(names)
    dated = [
        f"{name}, {result.started_at:%d %b %H:%M}" if often[name] > 1 else name
        for name, result in zip(names, results, strict=True)
    ]
    again = Counter(dated)
    return [
        Named(
            result,
            _name(result, 300),
            f"{label} (run {number})" if again[label] > 1 else label,
            f"run-{number}-{slug(result.model.name)}",
        )
        for number, (label, result) in enumerate(zip(dated, results, strict=True), 1)
    ]


def _name(result: RunResult, limit: int) -> str:
    return one_line(result.model.name, limit) or "(no name)"
