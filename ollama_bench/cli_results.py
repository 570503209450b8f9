"""The commands that look at saved results, and need no server: parse, one call, print, exit code."""

from pathlib import Path
from typing import Any

import click

from ollama_bench.options import FILE, FOLDER, FORMATS
from orchestrator.console import ARTIFACTS, FAIL_ON, SLO


@click.command()
@click.argument("file", type=FILE)
@click.option("--format", "fmt", type=FORMATS, default="text", show_default=True, help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option("--policy", type=FILE, help="Decide anew by this rule.")
def show(file: Path, fmt: str, as_json: bool, policy: Path | None) -> None:
    """Print a saved result; with --policy, decided anew. Needs no server.

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


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE [FILE]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    default=Path("report.html"),
    show_default=True,
    help="Where the page is written; - is standard output.",
)
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
def report(files: tuple[Path, ...], out: Path, opens: bool) -> None:
    """Write one HTML page of one saved result, or of several beside each other (extra `report`). Needs no server.

    The page has the scorecard, the verdict and the measurement's conditions, every sample, TTFT and the gaps along the
    answers, memory and CPU over time, the quality answers with what the rules saw in them, warnings and circumstances;
    of several results also speed against quality. It is one file: it asks for nothing from elsewhere.

    \b
    Examples:
      ollama-bench report scorecards/gemma3-270m-20261123T170312Z.json --open
      ollama-bench report scorecards/*.json --out models.html
    """
    from ollama_bench.commands.report import write_report

    write_report(files, out, opens=opens)


COMMANDS = (show, score, schema, gate, report)
