"""The self-test's figures for people and for programs. Pure."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ollama_bench.selftest.figures import Figure, Subject
from orchestrator.columns import columns
from orchestrator.stats import MIN_SAMPLES_FOR_P95

WORDS = {True: "ok", False: "FAIL", None: "n/a"}
FAILURES: dict[Subject, str] = {
    "time": "TTFT and latency only to ±{}",
    "rate": "token rates only to ±{}",
    "memory": "peak memory only to ±{}",
    "cost": "sampling takes {} of a core",
}
REMEDY = (
    "Close what else is running (`ollama-bench doctor` names it), then run this again; "
    "until then believe no difference smaller than that."
)


@dataclass(frozen=True)
class Report:
    """All figures of one self-test."""

    figures: Sequence[Figure]

    @property
    def ok(self) -> bool:
        """Whether no figure is beyond its limit. One that cannot be had here is beyond none."""
        return all(figure.ok is not False for figure in self.figures)

    @property
    def meaning(self) -> str:
        """One sentence: what can be told on this machine, or what cannot be told well enough."""
        if self.ok:
            return _right(self.figures)
        bad = dict.fromkeys(figure.subject for figure in self.figures if figure.ok is False)
        told = ", ".join(FAILURES[subject].format(_size(self.figures, subject)) for subject in bad)
        return f"This machine could not measure well enough: {told}."

    def to_json(self) -> dict[str, object]:
        """One document: `ok`, the figures with their limits, the sentence, the remedy (null when ok)."""
        return {
            "ok": self.ok,
            "figures": [asdict(figure) | {"ok": figure.ok} for figure in self.figures],
            "meaning": self.meaning,
            "remedy": None if self.ok else REMEDY,
        }

    def to_text(self) -> str:
        """The table, then the sentence and the remedy."""
        answers = max(figure.n for figure in self.figures)
        sure = "" if answers >= MIN_SAMPLES_FOR_P95 else " (indicative)"
        rows = [("how far off", "median", f"p95{sure}", "limit", ""), *map(_row, self.figures)]
        lines = [
            f"The tool's own figures on this machine, against the truth ({answers} answers):",
            "",
            columns(rows, right=(1, 2, 3)),
            "",
            self.meaning,
            *([] if self.ok else [REMEDY]),
        ]
        return "\n".join(lines) + "\n"


def _row(figure: Figure) -> tuple[str, ...]:
    limits = [limit for limit in (figure.limit.median, figure.limit.p95) if limit is not None]
    return (
        figure.label,
        _number(figure.median, figure.unit),
        _number(figure.p95, figure.unit),
        f"{' / '.join(f'{limit:g}' for limit in limits)} {figure.unit}",
        f"{WORDS[figure.ok]}{f': {figure.reason}' if figure.reason else ''}",
    )


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.2f} {unit}"


def _right(figures: Sequence[Figure]) -> str:
    """How far each subject can be trusted: by its worst p95, or its worst single number."""
    memory = _size(figures, "memory")
    return (
        f"On this machine 19 of 20 answers have TTFT and latency right to ±{_size(figures, 'time')} "
        f"and token rates to ±{_size(figures, 'rate')}; peak memory "
        + (f"is right to ±{memory}." if memory else "could not be checked.")
    )


def _size(figures: Sequence[Figure], subject: Subject) -> str | None:
    """Rounded up to one digit after the point, so that the promise is kept; None where nothing could be had."""
    known = [figure for figure in figures if figure.subject == subject and figure.median is not None]
    sizes = [figure.median if figure.p95 is None else figure.p95 for figure in known]
    if not known:
        return None
    size = max(size for size in sizes if size is not None)
    return f"{max(1, math.ceil(size * 10)) / 10:g} {known[0].unit}"
