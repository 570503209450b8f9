"""Progress on stderr for whatever takes more than a second."""

import time

import click

from orchestrator.clean import one_line
from orchestrator.live_line import LiveLine, is_live

QUIET_S = 1.0
LIVE_S, PIPED_S = 0.25, 5.0
"""At most one line, or one rewriting of the line, in this time."""


class Progress:
    """One line that is rewritten on a terminal; a line now and then elsewhere. Use as a context manager."""

    def __init__(self) -> None:
        self._live = is_live()
        self._started = self._told = time.monotonic()
        self._line = LiveLine()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._line.clear()

    def tell(self, what: str, done: int, total: int, unit: str = "iterations") -> None:
        """`done` of `total` iterations (or another `unit`) of `what` are over."""
        now = time.monotonic()
        if now - self._started < QUIET_S or now - self._told < (LIVE_S if self._live else PIPED_S):
            return
        self._told = now
        line = f"{one_line(what)}: {done} of {total} {unit}"
        if self._live:
            self._line.draw(line)
        else:
            click.echo(line, err=True)
