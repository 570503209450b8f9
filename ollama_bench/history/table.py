"""Runs as a table, one line each, and what is shown of one figure. Pure; thousands of rows are a moment."""

from collections.abc import Sequence
from functools import lru_cache

from ollama_bench.history.entry import Run
from orchestrator.clean import one_line
from orchestrator.columns import columns, fit, shorten

HEADER = ("when (UTC)", "model", "quant", "warm s", "tok/s", "peak MB", "quality", "verdict", "measured", "file")
NUMBERS = frozenset({"warm s", "tok/s", "peak MB"})
LEFT_OUT_FIRST = ("file", "quant", "quality", "peak MB", "measured", "verdict")
"""Where the terminal is too narrow for all."""

NARROW_MODEL, MAX_MODEL = 16, 40
"""Cells of a model's name: it gives way before a column does, and once more where nothing else is left."""

NOT_MEASURED = "n/a"


def runs_table(runs: Sequence[Run], width: int | None) -> tuple[str, list[str]]:
    """The table, no line wider than `width` cells, and the columns that it has no room for."""
    rows: list[Sequence[str]] = [HEADER, *map(_row, runs)]
    if width is not None:
        drop = [HEADER.index(name) for name in LEFT_OUT_FIRST]
        rows[:] = fit(rows, width, drop=drop, name=HEADER.index("model"), least=NARROW_MODEL)
    left_out = [name for name in LEFT_OUT_FIRST if name not in rows[0]]
    numbers = {index for index, name in enumerate(rows[0]) if name in NUMBERS}
    return columns(rows, right=numbers) + "\n", left_out


def _row(run: Run) -> tuple[str, ...]:
    entry = run.entry
    peak_mb = None if entry.peak_rss_bytes is None else entry.peak_rss_bytes / 1e6
    passed = [entry.follow, entry.coherent, entry.no_hallucination]
    return (
        f"{entry.started_at[:10]} {entry.started_at[11:16]}",
        _shown(entry.model),
        _shown(entry.quantization or NOT_MEASURED),
        figure(entry.warm_latency_s, 2),
        figure(entry.real_tok_s, 1),
        figure(peak_mb, 0),
        NOT_MEASURED if entry.assessed is None else " ".join(f"{count}/{entry.assessed}" for count in passed),
        entry.verdict if entry.complete else "incomplete",
        {True: "VALID", False: "DOUBTFUL", None: NOT_MEASURED}[entry.valid],
        one_line(run.file, 300),
    )


@lru_cache(maxsize=1024)
def _shown(text: str) -> str:
    return shorten(one_line(text), MAX_MODEL)


def figure(value: float | None, digits: int) -> str:
    """A number as people read it."""
    return NOT_MEASURED if value is None else f"{value:.{digits}f}"
