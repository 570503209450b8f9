"""Tables and lines for people: on a terminal, piped, in Markdown. Names and reasons are hostile text here."""

import re
import sys
from collections.abc import Sequence

import click

from orchestrator.clean import one_line

PIPED_WIDTH = 1_000
MAX_UNBROKEN = 16
"""A column with no longer cell than this is not broken into lines; the others share what is left."""


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A pipe table; what would end a cell, start markup or be HTML is escaped."""
    lines = [headers, ["---"] * len(headers), *([_markdown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _markdown(text: str) -> str:
    escaped = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|!])", r"\\\1", escaped)


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """On stdout: lines and colour on a terminal, plain columns elsewhere. `pass` and `fail` are coloured."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    live = console.is_terminal
    table = Table(box=box.SIMPLE if live else None, pad_edge=False, padding=(0, 1 if live else 2, 0, 0))
    for header, *cells in zip(headers, *rows, strict=True):
        table.add_column(header, overflow="fold", no_wrap=max(map(len, cells), default=0) <= MAX_UNBROKEN)
    for row in rows:
        table.add_row(*(Text(one_line(cell), style=_STYLES.get(cell, "")) for cell in row))
    with console.capture() as printed:  # printed by click: rich would end the process itself where nobody reads
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}
