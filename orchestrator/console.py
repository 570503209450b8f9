"""The commands `bench:*` and `slo:*`: parse, one call, exit code. Imports click alone; the work is in commands.py."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import click

from orchestrator.options import (
    ARTIFACTS,
    CACHE,
    FAIL_ON,
    ITER,
    JSON,
    MAX_ITERATIONS,
    MAX_RUNS,
    NAME,
    RUNS,
    SLO,
    TIMEOUT,
    WARMUP,
    StoredName,
    sources_of,
)
from orchestrator.perf import perf_option


class DoorCommand(click.Command):
    """Its examples are shown with the name of the program that it is a command of: there are two."""

    def help_of(self, ctx: click.Context) -> str:
        """The help text, with whole command lines."""
        door = f"{ctx.parent.command_path} " if ctx.parent else ""
        return re.sub(rf"^( +)(?={self.name} ?)", lambda found: found[1] + door, self.help or "", flags=re.MULTILINE)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does it."""
        written, self.help = self.help, self.help_of(ctx)
        super().format_help_text(ctx, formatter)
        self.help = written


class SourceCommand(DoorCommand):
    """A command that takes on the options of all sources; they are loaded when it is parsed or its help shown."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own, then those of sources; of options that share a name the first counts."""
        params = super().get_params(ctx)
        taken = {name for param in params for name in (*param.opts, param.name)}
        further: list[click.Parameter] = []
        for source in sources_of(ctx).values():
            for option in source.options:
                if taken.isdisjoint((*option.opts, option.name)):
                    taken.update((*option.opts, option.name))
                    further.append(option)
        return [*params[:-1], *further, *params[-1:]]  # --help stays last


@click.command("bench:list", cls=DoorCommand)
@SLO
@JSON
@perf_option
@click.pass_context
def bench_list(context: click.Context, slo_file: Path | None, as_json: bool) -> None:
    """The scenarios: name, kind, goal and objectives. Contacts no server.

    They are the bots and your own (config/scenarios.yaml); models are scenarios by any name that a server has.

    \b
    Examples:
      bench:list
      bench:list --json
    """
    from orchestrator.commands import list_scenarios

    list_scenarios(sources_of(context), slo_file, as_json)


@click.command("bench:show", cls=SourceCommand)
@NAME
@ARTIFACTS
@SLO
@JSON
@perf_option
@click.pass_context
def bench_show(
    context: click.Context, /, name: str, root: Path, slo_file: Path | None, as_json: bool, **options: Any
) -> None:
    """One scenario whole: objectives, newest result, baseline. Measures nothing.

    Exit codes: 0 shown, 2 usage, configuration or a name that no scenario has, 3 a stored result cannot be read.

    \b
    Examples:
      bench:show --name SRE-BOT
      bench:show --name llama3.2:1b --json
    """
    from orchestrator.commands import show_scenario

    show_scenario(name, sources_of(context), options, root, slo_file, as_json)


@click.command("bench:run", cls=SourceCommand)
@NAME
@ITER
@WARMUP
@RUNS
@CACHE
@TIMEOUT
@ARTIFACTS
@SLO
@perf_option
@click.pass_context
def bench_run(
    context: click.Context,
    /,
    name: str,
    iterations: int,
    warmup: int,
    runs: int,
    cache: Any,
    timeout_s: float,
    root: Path,
    slo_file: Path | None,
    **options: Any,
) -> None:
    """Run one scenario in a fresh worker process; one JSON summary on stdout.

    Every sample is kept under --artifacts, beside a table of them (timings.csv). An iteration of a model is one trial
    of the warm phase. A missed objective is told in the summary and fails nothing: that is slo:gate's part.

    Exit codes: 0 measured, 2 usage or configuration, 3 a run failed, 130 interrupted.

    \b
    Examples:
      bench:run --name "Treasury-BOT" --iter 30 --warmup 5
      bench:run --name SRE-BOT --cache
      bench:run --name gemma3:270m --embedded --runs 3
    """
    from orchestrator.commands import run_scenario
    from orchestrator.runner import RunSpec

    spec = RunSpec(iterations, warmup, cache={"on": True, "off": False}.get(cache), timeout_s=timeout_s)
    context.exit(run_scenario(name, sources_of(context), options, spec, runs, cache == "compare", root, slo_file))


@click.command("bench:all", cls=DoorCommand)
@ITER
@WARMUP
@RUNS
@TIMEOUT
@ARTIFACTS
@SLO
@perf_option
@click.pass_context
def bench_all(
    context: click.Context,
    iterations: int,
    warmup: int,
    runs: int,
    timeout_s: float,
    root: Path,
    slo_file: Path | None,
) -> None:
    """Run all bots and your own scenarios (config/scenarios.yaml), no models; a JSON list of summaries on stdout.

    Exit codes: 0 measured, 2 usage or configuration, 3 a run failed, 130 interrupted.

    \b
    Examples:
      bench:all
      bench:all --iter 100 --runs 3 > summaries.json
    """
    from orchestrator.commands import run_all
    from orchestrator.runner import RunSpec

    context.exit(run_all(RunSpec(iterations, warmup, timeout_s=timeout_s), runs, root, slo_file))


@click.command("bench:baseline", cls=SourceCommand)
@NAME
@click.option(
    "--runs",
    type=click.IntRange(2, MAX_RUNS),
    default=10,
    show_default=True,
    metavar="N",
    help="Runs, each in a fresh worker process.",
)
@click.option(
    "--iter",
    "iterations",
    type=click.IntRange(1, MAX_ITERATIONS),
    default=20,
    show_default=True,
    metavar="N",
    help="Timed iterations a run.",
)
@WARMUP
@TIMEOUT
@ARTIFACTS
@perf_option
@click.pass_context
def bench_baseline(
    context: click.Context,
    /,
    name: str,
    runs: int,
    iterations: int,
    warmup: int,
    timeout_s: float,
    root: Path,
    **options: Any,
) -> None:
    """Measure and pin the baseline that the gate compares with. Nothing else ever moves it.

    Do it on a quiet machine; what may spoil a baseline is told as a warning. One JSON document on stdout.

    Exit codes: 0 pinned, 2 usage or configuration, 3 a run failed and what was pinned before stands, 130 interrupted.

    \b
    Examples:
      bench:baseline --name Treasury-BOT
      bench:baseline --name gemma3:270m --embedded --iter 30
    """
    from orchestrator.commands import pin_baseline
    from orchestrator.runner import RunSpec

    pin_baseline(name, sources_of(context), options, RunSpec(iterations, warmup, timeout_s=timeout_s), runs, root)


@click.command("slo:report", cls=DoorCommand)
@ARTIFACTS
@SLO
@JSON
@perf_option
def slo_report(root: Path, slo_file: Path | None, as_json: bool) -> None:
    """All scenarios against their objectives; also as _index.md and _index.html beside the results.

    Exit codes: 0 told, missed objectives too; 2 usage or configuration; 3 the files cannot be written.

    \b
    Examples:
      slo:report
      slo:report --slo strict.yaml --json
    """
    from orchestrator.commands import report

    report(root, slo_file, as_json)


@click.command("slo:gate", cls=DoorCommand)
@click.option(
    "--name", "names", type=StoredName(), multiple=True, metavar="N", help="Only this scenario; may be repeated."
)
@FAIL_ON
@click.option("--rerun/--no-rerun", default=True, help="Make further runs where one looks slow.  [default: rerun]")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the verdicts as JUnit XML too; failure, error and skipped are: fails, inconclusive, does not count.",
)
@ARTIFACTS
@SLO
@JSON
@perf_option
@click.pass_context
def slo_gate(
    context: click.Context,
    names: tuple[str, ...],
    fail_on: Any,
    rerun: bool,
    junit: Path | None,
    root: Path,
    slo_file: Path | None,
    as_json: bool,
) -> None:
    """Judge the newest stored results: fails on missed objectives and on regressions against the baseline.

    The candidate is the newest run that is not a cache run. One run that looks slow is judged on three; where the
    machine itself is slower than at the baseline, that is waited for, up to a minute. docs/gate.md tells the rule. On
    GitHub Actions (GITHUB_STEP_SUMMARY is set) the verdicts are in the job's summary too.

    Exit codes: 0 passed, 4 failed (a stored result that cannot be read, too), 5 inconclusive, 2 usage or configuration,
    130 interrupted.

    \b
    Examples:
      slo:gate
      slo:gate --name Treasury-BOT --name SRE-BOT --fail-on regressions
      slo:gate --junit reports/gate.xml
      slo:gate --no-rerun --json > gate.json
    """
    from orchestrator.commands import gate

    sources = partial(sources_of, context) if rerun else None
    context.exit(gate(names, sources, fail_on, root, slo_file, as_json=as_json, junit=junit))


COMMANDS: tuple[click.Command, ...] = (
    bench_list,
    bench_show,
    bench_run,
    bench_all,
    bench_baseline,
    slo_report,
    slo_gate,
)
