"""How the runs of each model went over time, as a line of bars. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ollama_bench.history.entry import Run
from ollama_bench.history.table import NOT_MEASURED, figure
from orchestrator.clean import one_line
from orchestrator.columns import cells, columns, fit, shorten

BARS = "▁▂▃▄▅▆▇█"
NO_BAR = "·"
MAX_BARS, MIN_BARS = 32, 6
MAX_NAME, NARROW_NAME, LEAST_NAME = 24, 16, 8
MAX_MODELS = 20

HEADER = ("trend", "runs", "tok/s", "range", "newest", "warm s", "range", "newest", "")
"""The last one warns where runs of several machines, or servers, are in one line."""
NUMBERS = frozenset({"runs", "newest"})
LEFT_OUT_FIRST = (6, 3, 1)
"""Ranges, then the number of runs: where the terminal is too narrow for the shortest bars."""


def sparkline(values: Sequence[float | None], bars: int) -> str:
    """A bar a value, from the lowest to the highest of them; `·` for one that was not measured.

    More values than `bars` become the medians of as many neighbours as it takes; where all are equal the bars are of
    middle height.
    """
    pooled = _pooled(values, bars)
    known = [value for value in pooled if value is not None]
    if not known:
        return NO_BAR * len(pooled)
    low, high = min(known), max(known)
    return "".join(NO_BAR if value is None else _bar(value, low, high) for value in pooled)


def _bar(value: float, low: float, high: float) -> str:
    if low == high:
        return BARS[len(BARS) // 2 - 1]
    share = value / 2 - low / 2  # halves: the distance of two floats may be no float
    return BARS[round(share / (high / 2 - low / 2) * (len(BARS) - 1))] if high / 2 > low / 2 else BARS[0]


def _pooled(values: Sequence[float | None], bars: int) -> list[float | None]:
    if len(values) <= bars:
        return list(values)
    edges = [len(values) * index // bars for index in range(bars + 1)]
    groups = [values[start:end] for start, end in pairwise(edges)]
    known = [[value for value in group if value is not None] for group in groups]
    return [median(group) if group else None for group in known]


def trend_lines(runs: Sequence[Run], width: int | None) -> str:
    """A line for each model, those run last at the end; empty without runs. `runs` are the oldest first."""
    by_model: dict[str, list[Run]] = {}
    for run in runs:
        by_model.setdefault(run.entry.model, []).append(run)
    newest_last = sorted(by_model.items(), key=lambda item: item[1][-1].entry.started_at)
    shown = newest_last[-MAX_MODELS:]
    if not shown:
        return ""
    text = _table(shown, MAX_BARS, MAX_NAME)
    for bars in range(MAX_BARS, MIN_BARS - 1, -1):
        if width is None or max(map(cells, text.splitlines())) <= width:
            break
        text = _table(shown, bars, NARROW_NAME, width)
    if len(shown) < len(newest_last):
        more = f"… and {len(newest_last) - len(shown)} models run before them: --model shows theirs"
        text += "\n" + (more if width is None else shorten(more, width))
    return text + "\n"


def _table(models: Sequence[tuple[str, Sequence[Run]]], bars: int, name_cells: int, width: int | None = None) -> str:
    rows: list[Sequence[str]] = [HEADER]
    rows += [(shorten(one_line(name), name_cells), *_cells(runs, bars)) for name, runs in models]
    if width is not None and bars == MIN_BARS:
        rows[:] = fit(rows, width, drop=LEFT_OUT_FIRST, least=LEAST_NAME)
    return columns(rows, right={index for index, name in enumerate(rows[0]) if name in NUMBERS})


def _cells(runs: Sequence[Run], bars: int) -> tuple[str, ...]:
    rates = [run.entry.real_tok_s for run in runs]
    latencies = [run.entry.warm_latency_s for run in runs]
    machines = len({(run.entry.machine, run.entry.server.partition(" ")[0]) for run in runs})
    mixed = f"{machines} machines" if machines > 1 else ""
    return (str(len(runs)), *_spark_cells(rates, bars, 1), *_spark_cells(latencies, bars, 2), mixed)


def _spark_cells(values: Sequence[float | None], bars: int, digits: int) -> tuple[str, str, str]:
    known = [value for value in values if value is not None]
    if not known:
        return NOT_MEASURED, "", ""
    low, high = figure(min(known), digits), figure(max(known), digits)
    return sparkline(values, bars), low if low == high else f"{low}–{high}", figure(known[-1], digits)
