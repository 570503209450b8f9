"""A comparison as Markdown, for a pull request."""

from collections.abc import Sequence

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
from ollama_bench.render.markdown import escape, page

MAX_CELL = 2000


def render_comparison_markdown(comparison: Comparison) -> str:
    """What the text form says, as tables and lists; foreign text stays text."""
    others = ", ".join(side.label for side in comparison.sides[1:])
    sections = [
        [f"# {others} against {comparison.sides[0].label}"],
        [f"- **{escape(line, MAX_CELL)}**" for line in warnings(comparison)],
        _sides(comparison.sides),
        *(section for pair in comparison.pairs for section in _pair(pair)),
        [f"- {escape(note, MAX_CELL)}" for note in comparison.notes],
        [f"{escape(line)}  " for line in footer(comparison)],
    ]
    return page(sections)


def _sides(sides: Sequence[ComparedSide]) -> list[str]:
    lines = ["| side | | |", "| --- | --- | --- |"]
    for side in sides:
        lines += [f"| {side.label} | {what} | {escape(text, MAX_CELL)} |" for what, text in side_lines(side)]
    return lines


def _pair(pair: Pair) -> list[list[str]]:
    return [
        [f"## {pair.candidate} against {pair.reference}"],
        [f"- {escape(line, MAX_CELL)}" for line in pair.summary],
        _table(headings(pair), [row_cells(row) for row in pair.rows]),
        _table(quality_headings(pair), quality_cells(pair)),
        [f"- {escape(note, MAX_CELL)}" for note in pair.notes],
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return lines + [f"| {' | '.join(escape(cell) for cell in row)} |" for row in rows]
