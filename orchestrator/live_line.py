"""One line at the bottom of a terminal, rewritten in place: for progress."""
# Own code, not rich.live: that hides the cursor (a kill leaves it hidden), goes by COLUMNS, and erases one row of those
# that its line has where the terminal was made narrower.

import os
import sys
import threading
from contextlib import suppress

import click

from orchestrator.columns import shorten

ERASE_LINE = "\x1b[2K"
ERASE_BELOW = "\x1b[J"
"""And behind the cursor. Never from the first column: in the topmost row that is the whole screen, and tmux keeps a
copy of it then.
"""
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"
"""A terminal is narrower a moment before it says so: what is too long then must not go on in a second row."""
DEFAULT_COLUMNS = 80


def is_live() -> bool:
    """Whether stderr is a terminal on which a line can be rewritten."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def in_colour() -> bool:
    """Whether such a terminal's user wants colours (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def columns_of_stderr() -> int:
    """The width of the terminal now. COLUMNS does not count: it is of the time when the shell started the command."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or DEFAULT_COLUMNS
    except (OSError, ValueError):
        return DEFAULT_COLUMNS


class LiveLine:
    """The line; may be used from several threads. A terminal that cannot be written, since its window was closed, is
    left alone: progress is no reason for a run to fail.

    The cursor rests, visible, at its beginning. A terminal that wraps a line anew when it is made narrower keeps the
    cursor there, and one that does not wrap leaves it in its row: either way all of the line is erased from it on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn = False

    def draw(self, text: str, colours: str = "") -> None:
        """Show `text` in place of what is there, cut to the width; `colours` is the same with colours, if any."""
        room = columns_of_stderr() - 1  # in the last column some terminals wrap, others wait
        cut = shorten(text, room)
        with self._lock:
            self._drawn = True
            shown = colours if colours and cut == text else cut
            _write(f"{NO_WRAP}{ERASE_LINE}{shown}{ERASE_BELOW}{WRAP}\r")

    def clear(self) -> None:
        """Leave no trace."""
        with self._lock:
            self._erase()

    def print_above(self, line: str) -> None:
        """Print `line` for good; the next `draw` is below it."""
        with self._lock:
            self._erase()
            _write(f"{line}\n")

    def _erase(self) -> None:
        if self._drawn:
            self._drawn = False
            _write(f"\r{ERASE_LINE} {ERASE_BELOW}\r")  # ^C has moved the cursor


def _write(text: str) -> None:
    with suppress(OSError):
        click.echo(text, err=True, nl=False)
