"""Formats of a result, one file each; all pure: a document in, text out."""

from collections.abc import Callable

from ollama_bench.render.benchstat import render_benchstat
from ollama_bench.render.csv import render_csv
from ollama_bench.render.json import render_json
from ollama_bench.render.markdown import render_markdown
from ollama_bench.render.text import render_text
from ollama_bench.scorecard import RunResult

FORMATS: dict[str, Callable[[RunResult], str]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": render_json,
    "csv": lambda result: render_csv([result]),
    "benchstat": lambda result: render_benchstat([result]),
}
