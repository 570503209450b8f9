"""Runs as a table, one line each, and what is shown of one figure. Pure; thousands of rows are a moment."""

from collections.abc import Sequence
from functools import lru_cache

from ollama_bench.history.entry import Run
from orchestrator.clean import one_line

HEADER = ("when (UTC)", "model", "quant", "warm s", "tok/s", "peak MB", "quality", "verdict", "measured", "file")
NUMBERS = frozenset({"warm s", "tok/s", "peak MB"})
LEFT_OUT_FIRST = ("file", "quant", "quality", "peak MB", "measured", "verdict")
"""Where the terminal is too narrow for all."""

GAP = "  "
NARROW_MODEL, LEAST_MODEL, MAX_MODEL = 16, 8, 40
"""Characters of a model's name: it gives way before a column does, and once more where nothing else is left."""

NOT_MEASURED = "n/a"


def runs_table(runs: Sequence[Run], width: int | None) -> tuple[str, list[str]]:
    """The table, no line wider than `width` characters, and the columns that it has no room for."""
    rows = [HEADER, *map(_row, runs)]
    widths = dict(zip(HEADER, (max(map(len, column)) for column in zip(*rows, strict=True)), strict=True))
    left_out: list[str] = []
    for name in LEFT_OUT_FIRST:
        if width is None or _total(widths, left_out, NARROW_MODEL) <= width:
            break
        left_out.append(name)
    if width is not None:
        too_wide = _total(widths, left_out) - width
        widths["model"] = max(LEAST_MODEL, widths["model"] - max(0, too_wide))
    shown = [(index, name, widths[name]) for index, name in enumerate(HEADER) if name not in left_out]
    lines = [GAP.join(_cell(row[index], name, size) for index, name, size in shown).rstrip() for row in rows]
    return "\n".join(line if width is None else line[:width] for line in lines) + "\n", left_out


def _total(widths: dict[str, int], left_out: Sequence[str], least: int = MAX_MODEL) -> int:
    shown = [min(size, least) if name == "model" else size for name, size in widths.items() if name not in left_out]
    return sum(shown) + len(GAP) * (len(shown) - 1)


def _cell(text: str, name: str, size: int) -> str:
    if len(text) > size:
        text = text[: size - 1] + "…"
    return text.rjust(size) if name in NUMBERS else text.ljust(size)


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
    return one_line(text, MAX_MODEL)


def figure(value: float | None, digits: int) -> str:
    """A number as people read it."""
    return NOT_MEASURED if value is None else f"{value:.{digits}f}"
