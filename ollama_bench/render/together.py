"""What a command prints of its results: one, or several together. Pure."""

import json
from collections.abc import Sequence

from ollama_bench.render import FORMATS
from ollama_bench.render.benchstat import render_benchstat
from ollama_bench.render.csv import render_csv
from ollama_bench.render.json import render_json
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
    text = "\n".join(FORMATS[fmt](result) for result in results)
    if results:
        table = render_table(results, room if fmt == "text" else None)
        text += f"\n```text\n{table}```\n" if fmt == "markdown" else f"\n{table}"
    return text
