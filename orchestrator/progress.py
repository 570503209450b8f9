"""Progress on stderr for whatever takes more than a second."""

import sys
import time

import click

from orchestrator.clean import one_line

QUIET_S = 1.0
LIVE_S, PIPED_S = 0.2, 5.0
"""At most one line, or one rewriting of the line, in this time."""


class Progress:
    """One line that is rewritten on a terminal; a line now and then elsewhere. Use as a context manager."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._started = self._told = time.monotonic()
        self._dirty = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._dirty:
            click.echo("\r\x1b[K", err=True, nl=False)

    def tell(self, what: str, done: int, total: int, unit: str = "iterations") -> None:
        """`done` of `total` iterations (or another `unit`) of `what` are over."""
        now = time.monotonic()
        if now - self._started < QUIET_S or now - self._told < (LIVE_S if self._live else PIPED_S):
            return
        self._told, self._dirty = now, self._live
        line = f"{one_line(what)}: {done} of {total} {unit}"
        click.echo(f"\r\x1b[K{line}" if self._live else line, err=True, nl=not self._live)
