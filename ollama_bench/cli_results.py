"""The commands that look at saved results, and need no server: parse, one call, print, exit code."""

from pathlib import Path
from typing import Any

import click

from ollama_bench.options import FILE, FOLDER, FORMATS, PAGES, RESULT, offer_results
from orchestrator.options import ARTIFACTS, FAIL_ON, SLO

RESULTS = Path("scorecards")


@click.command()
@click.argument("files", type=RESULT, nargs=-1, required=True, metavar="FILE [FILE]...")
@click.option("--format", "fmt", type=FORMATS, default="text", show_default=True, help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option("--policy", type=FILE, help="Decide anew by this rule.")
def show(files: tuple[Path, ...], fmt: str, as_json: bool, policy: Path | None) -> None:
    """Print saved results; with --policy, decided anew. Needs no server.

    csv is one row a timed trial, with every metric; benchstat is Go's benchmark format with the lines of Ollama's own
    bench tool, for `benchstat old.txt new.txt`. Several files are one JSON array, or one CSV table.

    Below the figures of a phase with at least 8 samples stands how they are distributed: from the least value to the
    greatest, the fullest place having the highest block. Values far out are counted beside it, in brackets.

    Exit codes: 0 printed, 2 usage, or FILE is not a result document of a version that this tool knows.

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

    What a baseline is, and how it is decided what is slower, is in docs/gate.md; the first example pins one. On GitHub
    Actions (GITHUB_STEP_SUMMARY is set) the verdict is in the job's summary too.

    Exit codes: 0 passed, 4 failed, 5 inconclusive (no baseline, other circumstances, fewer than 20 warm samples),
    2 usage or configuration, or FILE is not a result document, 3 the stored baseline cannot be read.

    \b
    Examples:
      ollama-bench bench:baseline --name gemma3:270m --embedded
      ollama-bench gate scorecards/gemma3-270m-20261123T170312Z.json
    """
    from ollama_bench.commands.gate import gate_file

    return gate_file(file, root, slo_file, fail_on, as_json=as_json)


@click.command()
@click.argument("files", nargs=-1, required=True, type=RESULT, metavar="FILE [FILE]...")
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
    """Write one HTML page of one saved result FILE, or of several beside each other (extra `report`). Needs no server.

    The page has the scorecard, the verdict and the measurement's conditions, every sample, TTFT and the gaps along the
    answers, memory and CPU over time, the quality answers with what the rules saw in them, warnings and circumstances;
    of several results also speed against quality. It is one file: it asks for nothing from elsewhere. Ten runs of the
    largest profile have less than 3 MB; a larger page is written too, and a line on stderr says so. The same FILE by
    several names is shown once. A page that is there already is replaced; what is no file (a pipe, /dev/null) is not.

    Exit codes: 0 written; 2 usage, a FILE is not a result document, --out is no file, or the extra is not installed;
    3 the page cannot be written.

    \b
    Examples:
      ollama-bench report scorecards/gemma3-270m-20261123T170312Z.json --open
      ollama-bench report scorecards/*.json --out models.html
    """
    from ollama_bench.commands.report import write_report

    write_report(files, out, opens=opens)


OUT = click.option("--out", type=FOLDER, metavar="DIR", help="Where the results are.  [default: scorecards]")


@click.group(invoke_without_command=True)
@click.option("--model", metavar="M", help="Only this model; a pattern with * takes several (`gemma3*`).")
@click.option(
    "--since", metavar="D", help="Only from a date (2026-11-01), a date and time, or an age (12h, 7d, 3w) on."
)
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="Only the N newest of them.")
@OUT
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def history(
    context: click.Context, model: str | None, since: str | None, limit: int | None, out: Path | None, as_json: bool
) -> None:
    """List every saved run, the newest last, and the trend of each model. Needs no server.

    The documents are the truth. What was read of them is kept in DIR/.index.sqlite, which is brought up to date each
    time: files that are new, changed or gone are noticed. Dates and times are UTC.

    Exit codes: 0 listed, 2 usage, or there is no such folder.

    \b
    Examples:
      ollama-bench history
      ollama-bench history --model 'gemma3*' --since 7d -n 20
      ollama-bench history --json | jq '.runs[] | [.started_at, .model, .real_tok_s]'
      ollama-bench history rebuild
    """
    if context.invoked_subcommand is None:
        from ollama_bench.commands.history import list_runs

        list_runs(out or RESULTS, model, since, limit, as_json=as_json)
    elif model is not None or since is not None or limit is not None:
        raise click.UsageError("--model, --since and --limit choose what is listed; `rebuild` reads all documents")


@history.command()
@OUT
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def rebuild(context: click.Context, out: Path | None, as_json: bool) -> None:
    """Make the index anew from the documents.

    Never necessary: an index that is damaged, or of another version, is made anew by itself.

    Exit codes: 0 made, 2 usage, or there is no such folder, 3 the index cannot be written.

    \b
    Example:
      ollama-bench history rebuild --out results/
    """
    from ollama_bench.commands.history import rebuild_index

    before = context.parent.params if context.parent else {}
    rebuild_index(out or before.get("out") or RESULTS, as_json=as_json or bool(before.get("as_json")))


@click.command()
@click.argument("sides", nargs=-1, required=True, metavar="A B [C]...", shell_complete=offer_results)
@click.option("--force", is_flag=True, help="Compare unlike circumstances and doubtful runs too; winners are marked.")
@click.option("--format", "fmt", type=PAGES, default="text", show_default=True, help="What is printed.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
def compare(sides: tuple[str, ...], force: bool, fmt: str, as_json: bool) -> None:
    """Hold saved results beside the first of them: which model is faster, as far as it can be told.

    A, B and so on are a side each, of one model: a file, a folder with its *.json files, a pattern in quotes, or
    several of these with commas between them. Three runs a side or more show how runs differ; with fewer, only large
    differences can be told. Prints medians, ratios to A with 95 % intervals, and faster, slower, less, more or
    "cannot tell"; then quality by prompt.

    Exit codes: 0 whatever the result, 2 when the sides were not measured alike (machine, server, prompts, options) and
    --force is not given, or a file is no saved result.

    \b
    Examples:
      ollama-bench compare small.json large.json
      ollama-bench compare runs-before/ runs-after/
      ollama-bench compare 'scorecards/gemma3-270m-*.json' 'scorecards/llama3.2-1b-*.json' --format markdown
    """
    from ollama_bench.commands.compare import compare_sides

    compare_sides(sides, fmt="json" if as_json else fmt, force=force)


COMMANDS = (show, score, schema, gate, history, compare, report)
