"""What a command prints of its results: one, or several together. Pure."""

import json
from collections.abc import Sequence

from ollama_bench.render import FORMATS
from ollama_bench.render.benchstat import render_benchstat
from ollama_bench.render.csv import render_csv
from ollama_bench.render.json import render_json
from ollama_bench.render.markdown import MAX_CHARS, page, render_markdown
from ollama_bench.render.table import render_table
from ollama_bench.scorecard import RunResult


def render_results(results: Sequence[RunResult], fmt: str, *, several: bool, room: int | None = None) -> str:
    """What a command prints that was asked for one result, or for `several` (of which some may have failed): the
    latter one after the other and then a table for people (in `room` cells, where it is for a terminal), an array in
    JSON, under one header in CSV.
    """
    if not several:
        return "".join(FORMATS[fmt](result) for result in results)
    match fmt:
        case "json":
            return json.dumps([json.loads(render_json(result)) for result in results], indent=1) + "\n"
        case "csv":
            return render_csv(results)
        case "benchstat":
            return render_benchstat(results) if results else ""
        case "markdown":
            return _markdown(results) if results else ""
    return "\n".join([*map(FORMATS[fmt], results), *([render_table(results, room)] if results else [])])


def _markdown(results: Sequence[RunResult]) -> str:
    """One page of all: each result whole or not at all, and the table in any case."""
    table = f"\n```text\n{render_table(results)}```\n"
    return page([[render_markdown(result).rstrip()] for result in results], MAX_CHARS - len(table)) + table
