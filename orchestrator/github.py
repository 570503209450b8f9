"""The summary of a job on GitHub Actions: Markdown that is appended to the file that GITHUB_STEP_SUMMARY names."""

import os
from collections.abc import Iterable

import click

VARIABLE = "GITHUB_STEP_SUMMARY"

MAX_BYTES = 1_000_000
"""GitHub takes 1 MiB a step, and shows nothing of a longer one."""

LEFT_OUT = "More does not fit into a job's summary.\n"


def append_summary(sections: Iterable[str]) -> None:
    """Append Markdown `sections`, each whole or not at all; nothing where the variable is not set.

    A summary that cannot be written is a warning on stderr: it changes no outcome.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return
    try:
        # a pipe that nobody reads must not hold the command up
        descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_fitting(sections, MAX_BYTES - os.fstat(descriptor).st_size))
    except OSError as error:
        click.echo(f"warning: {VARIABLE}: {name}: cannot be written: {error.strerror or error}", err=True)


def _fitting(sections: Iterable[str], room: int) -> bytes:
    text = b""
    for section in sections:
        data = f"\n{section.rstrip()}\n".encode(errors="replace")
        if len(text) + len(data) + len(LEFT_OUT) + 1 > room:
            note = f"\n{LEFT_OUT}".encode()
            return text + note if len(text) + len(note) <= room else text
        text += data
    return text
