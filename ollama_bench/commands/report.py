"""`ollama-bench report`: saved results as one page that opens in a browser."""

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


def write_report(files: Sequence[Path], out: Path, *, opens: bool) -> None:
    """Write the page of `files` to `out`, or to stdout for `-`, and open it if `opens`. Raises BenchError."""
    if out == STDOUT and opens:
        raise ConfigurationError("--open needs a file to open: give --out a name, or leave out --open")
    if any(out.exists() and out.samefile(file) for file in files):
        raise ConfigurationError(f"{out}: is one of the results to show: choose another file with --out")
    results = [load(file) for file in dict.fromkeys(files)]
    if sys.stderr.isatty():
        click.echo("putting the page together, which takes some seconds …", err=True)
    text = report_page(results, plotting_library())
    if out == STDOUT:
        print_result(text)
        return
    try:
        write_atomically(out, text)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}: choose another with --out") from error
    runs = "1 run" if len(results) == 1 else f"{len(results)} runs"
    click.echo(f"saved: {out} ({len(text.encode()) / 1e6:.1f} MB, {runs})", err=True)
    if opens and not webbrowser.open(out.resolve().as_uri()):
        click.echo(f"no browser could be started: open {out} in one", err=True)


def plotting_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, out of the package that carries them (extra `report`)."""
    try:
        from vl_convert import javascript_bundle
    except ModuleNotFoundError:
        raise MissingExtraError(
            'drawing needs vl-convert-python: install it with `pip install "ollama-bench[report]"`'
        ) from None
    return javascript_bundle("window.vegaEmbed = vegaEmbed;")
