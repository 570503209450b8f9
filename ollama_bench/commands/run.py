"""`ollama-bench run`: every model in turn, then what is printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ollama_bench.commands.gate import hold_results
from ollama_bench.errors import OutputError
from ollama_bench.output import print_result, width_of_stdout
from ollama_bench.plan import Overrides, RunPlan, load_profile, make_plan
from ollama_bench.record import Settings
from ollama_bench.render.markdown import escape, render_markdown
from ollama_bench.render.table import render_table
from ollama_bench.render.together import render_results
from ollama_bench.run import Endpoint, benchmark, load_policy, load_prompts, open_endpoint
from ollama_bench.scorecard import RunResult
from ollama_bench.terminal import TerminalProgress
from orchestrator.clean import clean
from orchestrator.errors import BenchError
from orchestrator.gate import MIN_SAMPLES
from orchestrator.gate_text import gate_markdown, gate_text
from orchestrator.github import append_summary


def run_models(
    models: tuple[str, ...],
    *,
    host: str | None,
    embedded: bool,
    profile: str,
    prompts: Path | None,
    policy: Path | None,
    out: Path,
    fmt: str,
    as_json: bool,
    timeout: float | None,
    gated: bool,
    root: Path,
    slo_file: Path | None,
    **overrides: Any,
) -> int:
    """Benchmark `models` one after another and print them; the exit code.

    With one model its error is raised; with several all are tried, and the code is 3 when one of them failed. `gated`
    passes the results through the gate (artifacts in `root`, objectives in `slo_file`) and gives its exit code.
    """
    if embedded and host is not None:
        raise click.UsageError("--embedded starts a server of its own: leave out --host")
    settings = Settings(load_prompts(prompts), load_policy(policy), out)
    chosen = load_profile(profile)
    changes = Overrides(timeout_s=timeout, min_warm=MIN_SAMPLES if gated else 1, **overrides)
    plans = [make_plan(model, profile, chosen, settings.pack, changes) for model in models]
    with open_endpoint(host, embedded=embedded) as endpoint:
        results, failures = _run_all(plans, endpoint, settings)
    shown = render_results(results, "json" if as_json else fmt, several=len(models) > 1, room=width_of_stdout())
    print_result(shown)
    append_summary(_sections(results, failures))
    code = _gate(results, root, slo_file) if gated and results else 0
    if len(models) == 1 and failures:
        raise failures[0]
    return BenchError.exit_code if failures else code


def _gate(results: list[RunResult], root: Path, slo_file: Path | None) -> int:
    """Tell the gate's report on stderr, since stdout is the result's; its exit code."""
    report = hold_results(results, root, slo_file)
    click.echo(gate_text(report), err=True, nl=False)
    append_summary([gate_markdown(report)])
    return report.exit_code


def _sections(results: list[RunResult], failures: list[BenchError]) -> Iterator[str]:
    """What a job's summary tells of a run; made only where there is one."""
    yield from map(render_markdown, results)
    if len(results) > 1:
        yield f"```text\n{render_table(results)}```"
    yield from (f"**Failed:** {escape(str(error))}" for error in failures)


def _run_all(plans: list[RunPlan], endpoint: Endpoint, settings: Settings) -> tuple[list[RunResult], list[BenchError]]:
    results: list[RunResult] = []
    failures: list[BenchError] = []
    for plan in plans:
        try:
            with TerminalProgress() as progress:
                results.append(benchmark(plan, endpoint, settings, progress))
        except BenchError as error:
            failures.append(error)
            if isinstance(error, OutputError) and error.result is not None:
                results.append(error.result)  # measured, only not saved: it is printed all the same
            if len(plans) > 1:
                click.echo(f"{plan.model}: {clean(str(error))}", err=True)
    return results, failures
