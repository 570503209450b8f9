"""Standard output, where a result goes; and what a stream can be written."""

import os
import sys
from typing import TextIO

import click

from ollama_bench.errors import OutputError
from ollama_bench.render.plots import BLOCKS, EDGE, to_ascii


def print_result(text: str) -> None:
    """Write `text` to standard output; a reader that has left (`| head`) is no error.

    Raises OutputError when it cannot be written, such as to a file on a full disk.
    """
    if not has(sys.stdout, BLOCKS + EDGE):
        text = to_ascii(text)
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:
        _write_no_more()
    except OSError as error:
        _write_no_more()
        raise OutputError(f"standard output cannot be written: {error.strerror or error}") from error


def width_of_stdout() -> int | None:
    """Of the terminal that it is, in cells; None where it is none."""
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def has(stream: TextIO, characters: str) -> bool:
    """Whether the encoding of `stream` has them all."""
    try:
        characters.encode(stream.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _write_no_more() -> None:
    """Python writes what is left in its buffer when it exits, and would fail again, with an exit code of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
