"""Distributions on one line of text, with blocks. Pure."""

from collections.abc import Sequence

from orchestrator.stats import quantile

BLOCKS = "▁▂▃▄▅▆▇█"
EDGE = "│"
ASCII_BLOCKS = ".:-=+*%#"
BINS = 24
FENCE = 3.0
"""Interquartile ranges beyond the quartiles, from which on a value is "far out" (Tukey, Exploratory Data Analysis,
1977): drawn to scale, one such value would leave no room for all the others.
"""

_TO_ASCII = str.maketrans(BLOCKS + EDGE, ASCII_BLOCKS + "|")


def strip(values: Sequence[float], digits: int) -> str:
    """The histogram of `values` between its ends, such as `0.290 │▃█▅▂  ▁│ 0.350`; empty without values.

    The fullest of the bins has the highest block, and one with any value at all has one. Values that are far out are
    counted beside the histogram, and the outer figures are the least and the greatest of all:
    `0.290 │▃█▅▂  ▁│ 0.350 … 1.204 (2)`.
    """
    if not values:
        return ""
    low, high = _fences(values)
    near = sorted(value for value in values if low <= value <= high)
    below = sum(value < low for value in values)
    above = sum(value > high for value in values)
    first, last = near[0], near[-1]
    left = f"({below}) {min(values):.{digits}f} … " if below else ""
    right = f" … {max(values):.{digits}f} ({above})" if above else ""
    return f"{left}{first:.{digits}f} {EDGE}{_bars(near)}{EDGE} {last:.{digits}f}{right}"


def to_ascii(text: str) -> str:
    """`text` with each block as a character of ASCII, for where the others cannot be written."""
    return text.translate(_TO_ASCII)


def _fences(values: Sequence[float]) -> tuple[float, float]:
    q1, q3 = quantile(values, 0.25), quantile(values, 0.75)
    return q1 - FENCE * (q3 - q1), q3 + FENCE * (q3 - q1)


def _bars(values: Sequence[float]) -> str:
    """One block a bin of `values`, which are sorted; a single one where all are the same."""
    first, last = values[0], values[-1]
    if first == last:
        return BLOCKS[-1]
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(BINS * ((value - first) / (last - first))))] += 1
    return "".join(_block(count, max(counts)) for count in counts)


def _block(count: int, most: int) -> str:
    """Blank for none; else one of eight heights, rounded up."""
    return BLOCKS[-(-count * len(BLOCKS) // most) - 1] if count else " "
