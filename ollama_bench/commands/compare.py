"""`ollama-bench compare`: sides read from files, folders and patterns, then what is printed."""

import errno
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from glob import glob, has_magic
from pathlib import Path
from shutil import get_terminal_size

import click

from ollama_bench.compare.comparison import compare
from ollama_bench.compare.document import Comparison
from ollama_bench.compare.sides import Side, label_of, make_side
from ollama_bench.output import print_result
from ollama_bench.render.comparison_markdown import render_comparison_markdown
from ollama_bench.render.comparison_text import render_comparison_text
from ollama_bench.scorecard import RunResult, load
from orchestrator.errors import ConfigurationError
from orchestrator.progress import Progress

_COLOURS = {"faster": "green", "less": "green", "slower": "red", "more": "red"}


def compare_sides(names: Sequence[str], *, fmt: str, force: bool) -> None:
    """Compare what `names` name, the first being the reference, and print it. Raises ConfigurationError."""
    if len(names) < 2:
        raise ConfigurationError("one side alone is compared with nothing: name a second file, folder or pattern")
    sides = read_sides(names)
    print_result(_rendered(compare(sides, forced=force), fmt))


def read_sides(names: Sequence[str]) -> list[Side]:
    """The documents of each side. Raises ConfigurationError."""
    files = [files_of(name) for name in names]
    with Progress() as progress:
        reader = _Reader(progress, sum(map(len, files)))
        return [reader.side(place, name, paths) for place, (name, paths) in enumerate(zip(names, files, strict=True))]


def files_of(name: str) -> dict[Path, bool]:
    """The files that a side's name means, and whether each was named itself.

    A file; a folder or a pattern, of which the `*.json`; or several of these with commas between them. What exists
    under a name is never taken for a pattern or a list. Raises ConfigurationError for what is not there.
    """
    path = Path(name)
    try:
        if path.is_dir():
            return _found(name, path.iterdir())
        if path.exists():
            return {path: True}
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # a long list is no name of a file
            raise ConfigurationError(f"{name}: cannot be read: {error.strerror or error}") from error
    if "," in name:
        parts = [part.strip() for part in name.split(",")]
        return {file: named for part in parts if part for file, named in files_of(part).items()}
    if has_magic(name):
        return _found(name, map(Path, glob(name)))  # noqa: PTH207 (Path.glob takes no pattern from the root)
    raise ConfigurationError(f"{name}: no such file or folder")


def _found(name: str, files: Iterable[Path]) -> dict[Path, bool]:
    documents = [file for file in files if file.suffix == ".json" and not file.name.startswith(".")]
    found = {file: False for file in sorted(documents) if file.is_file()}
    if not found:
        raise ConfigurationError(f"{name}: no result of `ollama-bench run` there (no *.json)")
    return found


class _Reader:
    """Reads documents side by side, and tells how far it is."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def side(self, place: int, name: str, paths: Mapping[Path, bool]) -> Side:
        """Of a folder or a pattern, what is no result is left out and told; a file that was named must be one."""
        found: list[tuple[str, RunResult]] = []
        notes: list[str] = []
        for path, named in paths.items():
            self._progress.tell("reading", self._done, self._total, "results")
            self._done += 1
            try:
                found.append((_shown(str(path)), load(path)))
            except ConfigurationError as error:
                if named:
                    raise
                notes.append(f"{label_of(place)}: left out: {error}")
        if not found:
            raise ConfigurationError(f"{name}: no result of `ollama-bench run` there; {'; '.join(notes)}")
        return make_side(place, _shown(name), found, [_shown(note) for note in notes])


def _shown(name: str) -> str:
    """A name that is no text, as file names may be, made one that can be printed."""
    return os.fsencode(name).decode(errors="replace")


def _rendered(comparison: Comparison, fmt: str) -> str:
    if fmt == "json":
        return comparison.to_json()
    if fmt == "markdown":
        return render_comparison_markdown(comparison)
    if not sys.stdout.isatty():
        return render_comparison_text(comparison)
    return render_comparison_text(comparison, get_terminal_size().columns, _paint)


def _paint(outcome: str, line: str) -> str:
    colour = None if os.environ.get("NO_COLOR") else _COLOURS.get(outcome)
    return click.style(line, fg=colour) if colour else line
