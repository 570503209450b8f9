"""The commands that look at saved results, and need no server: parse, one call, print, exit code."""

from pathlib import Path
from typing import Any

import click

from ollama_bench.options import FILE, FOLDER, FORMATS
from orchestrator.console import ARTIFACTS, FAIL_ON, SLO


@click.command()
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE [FILE]...")
@click.option("--format", "fmt", type=FORMATS, default="text", show_default=True, help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option("--policy", type=FILE, help="Decide anew by this rule.")
def show(files: tuple[Path, ...], fmt: str, as_json: bool, policy: Path | None) -> None:
    """Print saved results; with --policy, decided anew. Needs no server.

    csv is one row a timed trial, with every metric; benchstat is Go's benchmark format with the lines of Ollama's own
    bench tool, for `benchstat old.txt new.txt`. Several files are one JSON array, or one CSV table.

    \b
    Examples:
      ollama-bench show scorecards/gemma3-270m-20261123T170312Z.json
      ollama-bench show RESULT.json --policy strict.yaml --format markdown
      ollama-bench show scorecards/*.json --format csv > trials.csv
    """
    from ollama_bench.commands.show import show_files

    show_files(files, "json" if as_json else fmt, policy)


@click.command()
@click.argument("file", type=FILE)
@click.option("--labels", is_flag=True, help="Compare with the labels in FILE: confusion, accuracy, Cohen's kappa.")
@click.option("--prompts", type=FOLDER, metavar="DIR", help="A prompt pack.  [default: prompts/, else built in]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def score(file: Path, labels: bool, prompts: Path | None, as_json: bool) -> None:
    """Score stored answers by the quality rules, with the evidence for every 0. Needs no server.

    FILE holds one JSON object a line: id, prompt (the id of a quality prompt), answer, and optionally done_reason; with
    --labels also follow, coherent and no_hallucination, 0 or 1 each.

    \b
    Examples:
      ollama-bench score answers.jsonl
      ollama-bench score labelled.jsonl --labels
    """
    from ollama_bench.commands.score import score_file

    score_file(file, prompts=prompts, labels=labels, as_json=as_json)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the result document.

    \b
    Example:
      ollama-bench schema > result.schema.json
    """
    from ollama_bench.output import print_result
    from ollama_bench.scorecard import schema_text

    print_result(schema_text())


@click.command()
@click.argument("file", type=FILE)
@ARTIFACTS
@SLO
@FAIL_ON
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def gate(file: Path, root: Path, slo_file: Path | None, fail_on: Any, as_json: bool) -> int:
    """Hold a saved result's warm latencies against its model's objectives and baseline.

    Exit codes: 0 passed, 4 failed, 5 inconclusive (no baseline, other circumstances, fewer than 20 warm samples).

    \b
    Examples:
      ollama-bench bench:baseline --name gemma3:270m --embedded
      ollama-bench gate scorecards/gemma3-270m-20261123T170312Z.json
    """
    from ollama_bench.commands.gate import gate_file

    return gate_file(file, root, slo_file, fail_on, as_json=as_json)


COMMANDS = (show, score, schema, gate)
