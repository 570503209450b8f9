"""`ollama-bench history`: the saved runs of a folder, listed; and its index, made anew."""

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ollama_bench.errors import OutputError
from ollama_bench.history.choose import chosen
from ollama_bench.history.entry import Run
from ollama_bench.history.index import NAME
from ollama_bench.history.listing import Listing, list_folder
from ollama_bench.history.since import since_moment
from ollama_bench.history.table import runs_table
from ollama_bench.history.trend import trend_lines
from ollama_bench.output import print_result
from orchestrator.clean import clean_json, one_line
from orchestrator.progress import Progress

NAMED = 3
"""Of the files that are no results; the rest is counted."""


def list_runs(folder: Path, model: str | None, since: str | None, limit: int | None, *, as_json: bool) -> None:
    """Print the saved runs that are meant, the newest last. Raises BenchError."""
    start = None if since is None else since_moment(since, datetime.now(UTC))
    listing = _read(folder, anew=False)
    if listing.index_trouble is not None:
        click.echo(f"{folder / NAME}: {one_line(listing.index_trouble)}: listed from the documents alone", err=True)
    runs = chosen(listing.runs, model, start, limit)
    if as_json:
        print_result(_as_json(folder, runs, listing.unreadable))
        return
    _tell_unreadable(listing)
    if not runs:
        click.echo(
            f"{folder}: none of {len(listing.runs)} saved runs" if listing.runs else f"{folder}: no runs", err=True
        )
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    table, left_out = runs_table(runs, width)
    print_result(f"{table}\n{trend_lines(runs, width)}")
    if left_out:
        click.echo(f"no room for: {', '.join(left_out)}; a wider terminal, a pipe or --json shows all", err=True)


def rebuild_index(folder: Path, *, as_json: bool) -> None:
    """Read all documents into a new index. Raises BenchError, OutputError where it cannot be written."""
    listing = _read(folder, anew=True)
    if listing.index_trouble is not None:
        raise OutputError(
            f"{folder / NAME}: cannot be written: {listing.index_trouble}: `history` still lists, from the documents"
        )
    if as_json:
        document = {"folder": str(folder), "indexed": len(listing.runs), "unreadable": listing.unreadable}
        print_result(clean_json(json.dumps(document, indent=1)) + "\n")
    else:
        _tell_unreadable(listing)
        print_result(f"{folder / NAME}: {len(listing.runs)} run{'' if len(listing.runs) == 1 else 's'}\n")


def _read(folder: Path, *, anew: bool) -> Listing:
    with Progress() as progress:
        what = f"reading {folder}"
        return list_folder(folder, lambda done, total: progress.tell(what, done, total, "documents"), anew=anew)


def _as_json(folder: Path, runs: list[Run], unreadable: dict[str, str]) -> str:
    """One document, with a run a line: there may be thousands."""
    lines = ",\n  ".join(json.dumps({"file": run.file, **run.entry.as_dict()}, allow_nan=False) for run in runs)
    return clean_json(
        f'{{\n "folder": {json.dumps(str(folder))},\n "runs": [\n  {lines}\n ],\n'
        f' "unreadable": {json.dumps(unreadable)}\n}}\n'
    )


def _tell_unreadable(listing: Listing) -> None:
    """On stderr, once and short: a folder may hold thousands of other files."""
    found = listing.unreadable
    if not found:
        return
    named = ", ".join(f"{one_line(name, 60)} ({one_line(why, 80)})" for name, why in list(found.items())[:NAMED])
    more = f" and {len(found) - NAMED} more (--json names all)" if len(found) > NAMED else ""
    click.echo(f"{len(found)} left out, no result: {named}{more}", err=True)
