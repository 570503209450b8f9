"""A comparison as plain text, for a terminal."""

import textwrap
from collections.abc import Callable, Sequence

from ollama_bench.compare.document import ComparedSide, Comparison, Pair
from ollama_bench.render.comparison_lines import (
    footer,
    headings,
    quality_cells,
    quality_headings,
    row_cells,
    side_lines,
    warnings,
)
from orchestrator.clean import one_line
from orchestrator.columns import cells, columns

MIN_WIDTH = 40
MAX_LINE = 2000
_FILLER = "\0"
"""No clean line has one."""
Paint = Callable[[str, str], str]
"""(outcome, the line that tells it) -> the line in that outcome's colour."""


def render_comparison_text(
    comparison: Comparison, width: int | None = None, paint: Paint = lambda _outcome, line: line
) -> str:
    """Warnings, what each side is, then each candidate beside the reference. Lines fit `width`, None for any."""
    room = None if width is None else max(width, MIN_WIDTH)
    sections = [_wrapped([f"! {line}" for line in warnings(comparison)], room)]
    sections += [_side(side, room) for side in comparison.sides]
    for pair in comparison.pairs:
        sections += [_figures(pair, room, paint), _quality(pair, room)]
        sections += [_wrapped(pair.summary, room), _wrapped([f"Note: {note}" for note in pair.notes], room)]
    sections.append(_wrapped([*(f"Note: {note}" for note in comparison.notes), *footer(comparison)], room))
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _side(side: ComparedSide, room: int | None) -> list[str]:
    """Its label and its model, then the rest of what is told of it."""
    (_, model), *others = side_lines(side)
    told = [_broken(text, room, f"   {what + ':':<9} ") for what, text in others]
    return [*_broken(model, room, f"{side.label:<2} "), *(line for lines in told for line in lines)]


def _figures(pair: Pair, room: int | None, paint: Paint) -> list[str]:
    """The table; two lines a metric where it is too wide."""
    rows = [row_cells(row) for row in pair.rows]
    lines = columns([headings(pair), *rows], right=(1, 2, 3)).splitlines()
    if room is not None and max(map(cells, lines)) > room:
        return [line for row in rows for line in _stacked(headings(pair), row)]
    return [lines[0], *(paint(row.outcome, line) for row, line in zip(pair.rows, lines[1:], strict=True))]


def _stacked(head: Sequence[str], row: Sequence[str]) -> list[str]:
    label, ours, theirs, ratio, interval, outcome = row
    return [f"{label}: {head[1]} {ours}, {head[2]} {theirs}", f"  {ratio} {interval} {outcome}"]


def _quality(pair: Pair, room: int | None) -> list[str]:
    rows = [[one_line(cell, 40) for cell in row] for row in quality_cells(pair)]
    if not rows:
        return []
    lines = columns([quality_headings(pair), *rows]).splitlines()
    if room is not None and max(map(cells, lines)) > room:
        return _wrapped([f"{row[0]}: {', '.join(cell for cell in row[1:] if cell)}" for row in rows], room)
    return lines


def _wrapped(lines: Sequence[str], room: int | None) -> list[str]:
    return [part for line in lines for part in _broken(line, room)]


def _broken(line: str, room: int | None, head: str = "") -> list[str]:
    """The line cleaned, behind `head`, and broken where it is longer than `room`."""
    cleaned = one_line(line, MAX_LINE)
    if room is None:
        return [head + cleaned]
    padded = "".join(each + _FILLER * (cells(each) - 1) for each in cleaned)  # textwrap counts characters
    room -= padded != cleaned  # a long word may be broken within a wide character
    parts = textwrap.wrap(padded, room, initial_indent=head, subsequent_indent=" " * (len(head) or 2))
    return [part.replace(_FILLER, "") for part in parts]
