"""The commands that look at saved results, and need no server: parse, one call, print, exit code."""

from pathlib import Path
from typing import Any

import click

from ollama_bench.options import FILE, FOLDER, FORMATS, RESULT
from orchestrator.console import ARTIFACTS, FAIL_ON, SLO


@click.command()
@click.argument("file", type=RESULT)
@click.option("--format", "fmt", type=FORMATS, default="text", show_default=True, help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option("--policy", type=FILE, help="Decide anew by this rule.")
def show(file: Path, fmt: str, as_json: bool, policy: Path | None) -> None:
    """Print a saved result; with --policy, decided anew. Needs no server.

    Below the figures of a phase with at least 8 samples stands how they are distributed: from the least value to the
    greatest, the fullest place having the highest block. Values far out are counted beside it, in brackets.

    Exit codes: 0 printed, 2 usage, or FILE is not a result document of a version that this tool knows.

    \b
    Examples:
      ollama-bench show scorecards/gemma3-270m-20261123T170312Z.json
      ollama-bench show RESULT.json --policy strict.yaml --format markdown
    """
    from ollama_bench.output import print_result
    from ollama_bench.render import FORMATS as RENDER
    from ollama_bench.run import load_policy
    from ollama_bench.scorecard import load
    from ollama_bench.summarize import decide

    result = load(file)
    if policy is not None:
        result = decide(result, load_policy(policy))
    print_result(RENDER["json" if as_json else fmt](result))


@click.command()
@click.argument("file", type=FILE)
@click.option("--labels", is_flag=True, help="Compare with the labels in FILE: confusion, accuracy, Cohen's kappa.")
@click.option("--prompts", type=FOLDER, metavar="DIR", help="A prompt pack.  [default: prompts/, else built in]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def score(file: Path, labels: bool, prompts: Path | None, as_json: bool) -> None:
    """Score stored answers by the quality rules, with the evidence for every 0. Needs no server.

    FILE holds one JSON object a line: id, prompt (the id of a quality prompt), answer, and optionally done_reason; with
    --labels also follow, coherent and no_hallucination, 0 or 1 each.

    Exit codes: 0 scored, whatever the scores; 2 usage, or a line of FILE is not such an object.

    \b
    Examples:
      ollama-bench score answers.jsonl
      ollama-bench score labelled.jsonl --labels
      ollama-bench score answers.jsonl --prompts my-prompts/ --json
    """
    from ollama_bench.commands.score import score_file

    score_file(file, prompts=prompts, labels=labels, as_json=as_json)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the result document, as `run` saves it and `--json` prints it.

    \b
    Example:
      ollama-bench schema > result.schema.json
    """
    from ollama_bench.output import print_result
    from ollama_bench.scorecard import schema_text

    print_result(schema_text())


@click.command()
@click.argument("file", type=RESULT)
@ARTIFACTS
@SLO
@FAIL_ON
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def gate(file: Path, root: Path, slo_file: Path | None, fail_on: Any, as_json: bool) -> int:
    """Hold a saved result's warm latencies against its model's objectives and baseline. Needs no server.

    What a baseline is, and how it is decided what is slower, is in docs/gate.md; the first example pins one.

    Exit codes: 0 passed, 4 failed, 5 inconclusive (no baseline, other circumstances, fewer than 20 warm samples),
    2 usage or configuration, or FILE is not a result document, 3 the stored baseline cannot be read.

    \b
    Examples:
      ollama-bench bench:baseline --name gemma3:270m --embedded
      ollama-bench gate scorecards/gemma3-270m-20261123T170312Z.json
    """
    from ollama_bench.commands.gate import gate_file

    return gate_file(file, root, slo_file, fail_on, as_json=as_json)


COMMANDS = (show, score, schema, gate)
