"""The commands `load …`: parse, one call, print, exit code. Heavy modules are imported where a command needs them."""

from pathlib import Path
from typing import Any

import click

from ollama_bench.options import FOLDER
from orchestrator.options import ARTIFACTS
from orchestrator.perf import perf_option

PORT = click.IntRange(0, 65535)
QUICK = click.option("--quick", is_flag=True, help="Some seconds in place of half a minute.")
SECONDS = click.option(
    "--seconds",
    type=click.IntRange(1, 3600),
    metavar="S",
    help="How long each load is held.  [default: 30, with --quick 4; of a slow model longer]",
)
OUT = click.option(
    "--out",
    type=FOLDER,
    metavar="DIR",
    default=Path("logs/perf"),
    show_default=True,
    help="Where summaries and snapshots are written.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group()
def load() -> None:
    """Load tests, and the small service stack that they exercise.

    \b
    Examples:
      ollama-bench load prism --quick
      ollama-bench load ollama gemma3:270m --embedded --quick
      ollama-bench load alerts
    """


@load.command()
@click.option("--quantum-port", type=PORT, default=8020, show_default=True, help="Of Quantum Lab; 0 takes a free one.")
@click.option("--materials-port", type=PORT, default=8030, show_default=True, help="Of the materials service.")
@click.option("--ui-port", type=PORT, default=4173, show_default=True, help="Of the console page.")
def stack(**ports: Any) -> None:
    """Start Quantum Lab, the materials service and their console page on loopback, until stopped (extra `services`).

    Runs in a checkout, and prints where each listens once all are healthy. Whatever ends this command ends all three.

    Exit codes: 2 not in a checkout, or the extra is missing; 3 one of the three did not start, or died; 130 stopped.

    \b
    Examples:
      ollama-bench load stack
      ollama-bench load stack --quantum-port 0 --materials-port 0 --ui-port 0
    """
    from ollama_bench.commands.load_stack import run_stack

    run_stack(**ports)


@load.command()
@QUICK
@SECONDS
@OUT
@ARTIFACTS
@JSON
def prism(quick: bool, seconds: int | None, out: Path, root: Path, as_json: bool) -> int:
    """Load the Prism console with k6: its page, Quantum Lab and the materials service (extras `load`, `services`).

    Starts the stack on free ports, runs load/k6_prism_console.js on it, keeps k6's summaries and snapshots of the
    processes, and stores the answers under full load as runs of the scenarios load:*, for `slo:report` and `slo:gate`.
    The bounds are those of config/load.yaml. Runs in the root of a checkout.

    Exit codes: 0 every threshold was kept, 2 not in a checkout, or an extra is missing, 3 k6 or the stack did not get
    through, 4 a threshold was crossed.

    \b
    Examples:
      ollama-bench load prism --quick
      ollama-bench load prism --seconds 120 --json
    """
    from ollama_bench.commands.load_prism import run_prism

    return run_prism(out, root, seconds, quick=quick, as_json=as_json)


@load.command()
@click.argument("model", default="gemma3:270m")
@click.option("--host", metavar="URL", help="The Ollama server.  [default: OLLAMA_HOST, else 127.0.0.1:11434]")
@click.option("--embedded", is_flag=True, help="Start an engine of our own (extra `embedded`): no Ollama needed.")
@click.option("--prompts", type=FOLDER, metavar="DIR", help="A prompt pack.  [default: prompts/, else built in]")
@QUICK
@SECONDS
@OUT
@JSON
def ollama(model: str, **options: Any) -> int:
    """Load a model server with k6: steady arrivals, then 1, 2, 4 and 8 streams at once (extra `load`).

    MODEL is gemma3:270m unless named; it is pulled where it is missing, and loaded before the first step. The pack's
    short and real prompts are sent in turn, with --quick the short one alone. The report has a line a step: errors,
    latency, time to first byte, tokens/s, and the time in the server's queue, so that queueing and slow generation can
    be told apart.

    Exit codes: 0 every threshold was kept, 2 the extra is missing, 3 the server or k6 did not get through, 4 more than
    1 % of a step's requests failed or were turned away.

    \b
    Examples:
      ollama-bench load ollama llama3.2:1b
      ollama-bench load ollama gemma3:270m --embedded --quick
    """
    from ollama_bench.commands.load_ollama import run_ollama

    return run_ollama(model, **options)


@load.command()
@click.option(
    "--summary",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    default=Path("logs/perf/k6_summary.json"),
    show_default=True,
    help="What `k6 run --summary-export` wrote.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    default=Path("data/aiops/alerts.jsonl"),
    show_default=True,
    help="The file that alerts are appended to, one JSON object a line.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@JSON
def alerts(summary: Path, out: Path, dry_run: bool, as_json: bool) -> None:
    """Append an alert for each component that a load test found over its bound, or did not exercise.

    The bounds, and from where on an alert is "major" or "critical", are those of config/load.yaml. An alert is written
    once: a second run on the same summary adds nothing.

    Exit codes: 0 done, with alerts or without; 2 the summary is missing or is none; 3 alerts cannot be written.

    \b
    Examples:
      ollama-bench load alerts
      ollama-bench load alerts --summary elsewhere/k6_summary.json --dry-run
    """
    from ollama_bench.commands.load_alerts import raise_alerts

    raise_alerts(summary, out, dry_run=dry_run, as_json=as_json)


for command in (stack, prism, ollama, alerts):
    perf_option(command)
