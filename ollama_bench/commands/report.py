"""`ollama-bench report`: saved results as one page that opens in a browser."""

import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from ollama_bench.errors import MissingExtraError, OutputError
from ollama_bench.output import print_result
from ollama_bench.page import report_page
from ollama_bench.scorecard import load
from orchestrator.errors import ConfigurationError
from orchestrator.files import write_atomically

STDOUT = Path("-")


LARGE_BYTES = 3_000_000
"""What ten runs of the largest profile stay well below; a larger page is written too, and said to be one."""


def write_report(files: Sequence[Path], out: Path, *, opens: bool) -> None:
    """Write the page of `files` to `out`, or to stdout for `-`, and open it if `opens`. Raises BenchError."""
    if out == STDOUT and opens:
        raise ConfigurationError("--open needs a file to open: give --out a name, or leave out --open")
    once = list({os.path.realpath(file): file for file in files}.values())
    target = None if out == STDOUT else _target(out, once)
    results = [load(file) for file in once]
    if sys.stderr.isatty():
        click.echo("putting the page together, which takes some seconds …", err=True)
    text = report_page(results, plotting_library())
    size_bytes = len(text.encode())
    if target:
        _save(target, out, text)
        runs = "1 run" if len(results) == 1 else f"{len(results)} runs"
        click.echo(f"saved: {out} ({size_bytes / 1e6:.1f} MB, {runs})", err=True)
    else:
        print_result(text)
    if size_bytes > LARGE_BYTES:
        click.echo(
            f"the page has {size_bytes / 1e6:.1f} MB and may open slowly: fewer results make it smaller", err=True
        )
    if opens and not webbrowser.open(out.resolve().as_uri()):
        click.echo(f"no browser could be started: open {out} in one", err=True)


def _target(out: Path, files: Sequence[Path]) -> Path:
    """The file that is replaced by the page: what `out` names, or links to. Raises BenchError where there is none.

    What is no file is left alone: replacing /dev/null would take it away from the whole machine.
    """
    try:
        if out.exists() and not out.is_file():
            raise ConfigurationError(f"{out}: not a file: name one with --out, or - for standard output")
        if any(out.exists() and out.samefile(file) for file in files):
            raise ConfigurationError(f"{out}: is one of the results to show: choose another file with --out")
    except OSError as error:
        raise _unwritable(out, error) from error
    return Path(os.path.realpath(out))


def _save(target: Path, out: Path, text: str) -> None:
    try:
        write_atomically(target, text)
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> OutputError:
    return OutputError(f"{out}: cannot be written: {error.strerror or error}: choose another with --out")


def plotting_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, out of the package that carries them (extra `report`)."""
    try:
        from vl_convert import javascript_bundle
    except ModuleNotFoundError:
        raise MissingExtraError(
            'drawing needs vl-convert-python: install it with `pip install "ollama-bench[report]"`'
        ) from None
    return javascript_bundle("window.vegaEmbed = vegaEmbed;")
