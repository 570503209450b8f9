"""The commands `bench:*` and `slo:*`: options, one call, exit code. Imports click alone; the work is in commands.py."""

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.perf import perf_option

if TYPE_CHECKING:
    from orchestrator.scenario import ScenarioSource

_META_KEY = "orchestrator.sources"

MAX_TIMEOUT_S = 86_400
"""A day; neither a socket nor a queue takes an endless time-out."""


MAX_ITERATIONS, MAX_RUNS = 1_000_000, 1_000
"""A slip of the finger: every sample is kept, in memory and on disk."""


class FiniteRange(click.FloatRange):
    """A range that NaN is not in: it compares as neither below nor above."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, checked."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class ScenarioName(click.types.StringParamType):
    """A name that can be stored."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, checked."""
        name = str(value)
        if not name.strip():
            self.fail("a scenario's name is not empty.", param, ctx)
        if any("\ud800" <= character <= "\udfff" for character in name):
            self.fail("a scenario's name is UTF-8 text.", param, ctx)
        return name


NAME = click.option(
    "--name", type=ScenarioName(), required=True, metavar="N", help="The scenario; `bench:list` names them."
)
ITER = click.option(
    "--iter", "iterations", type=click.IntRange(1, MAX_ITERATIONS), default=30, show_default=True, help="Timed, a run."
)
WARMUP = click.option(
    "--warmup", type=click.IntRange(0, MAX_ITERATIONS), default=5, show_default=True, help="Untimed, before them."
)
RUNS = click.option(
    "--runs",
    type=click.IntRange(1, MAX_RUNS),
    default=1,
    show_default=True,
    help="Runs, each in a fresh worker process.",
)
CACHE = click.option(
    "--cache",
    type=click.Choice(["off", "on", "compare"]),
    is_flag=False,
    flag_value="compare",
    help="Avoid the scenario's cache, meet it, or measure both; --cache alone means compare.  [default: what is usual]",
)
TIMEOUT = click.option(
    "--timeout",
    "timeout_s",
    type=FiniteRange(0, min_open=True, max=MAX_TIMEOUT_S),
    default=300.0,
    show_default=True,
    metavar="S",
    help="Longest that set-up or one iteration may take, in seconds.",
)
ARTIFACTS = click.option(
    "--artifacts",
    "root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("artifacts"),
    show_default=True,
    metavar="DIR",
    help="Where results are kept.",
)
SLO = click.option(
    "--slo",
    "slo_file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    metavar="FILE",
    help="Objectives.  [default: config/slo.yaml if there is one, over the built-in ones]",
)
FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(["any", "targets", "regressions"]),
    default="any",
    show_default=True,
    help="What counts: missed objectives, regressions against the baseline, or both.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def sources_of(context: click.Context) -> "dict[str, ScenarioSource]":
    """Built-in and registered sources, loaded once a command."""
    if _META_KEY not in context.meta:
        from orchestrator.scenario import builtin_sources, registered_sources

        def warn(message: str) -> None:
            click.echo(f"warning: {message}", err=True)

        context.meta[_META_KEY] = {**registered_sources(warn), **builtin_sources()}
    sources: dict[str, ScenarioSource] = context.meta[_META_KEY]
    return dict(sorted(sources.items(), key=lambda item: item[0] not in ("bots", "user")))  # built-in ones first


class SourceCommand(click.Command):
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


@click.command("bench:list")
@SLO
@JSON
@perf_option
@click.pass_context
def bench_list(context: click.Context, slo_file: Path | None, as_json: bool) -> None:
    """The scenarios: name, kind, goal and objectives. Contacts no server."""
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
    """One scenario whole: objectives, newest result, baseline."""
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
    """Run one scenario; one JSON summary on stdout.

    \b
    Examples:
      bench:run --name "Treasury-BOT" --iter 30 --warmup 5
      bench:run --name SRE-BOT --cache
    """
    from orchestrator.commands import run_scenario
    from orchestrator.runner import RunSpec

    spec = RunSpec(iterations, warmup, cache={"on": True, "off": False}.get(cache), timeout_s=timeout_s)
    context.exit(run_scenario(name, sources_of(context), options, spec, runs, cache == "compare", root, slo_file))


@click.command("bench:all")
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
    """Run all bots and the user's own scenarios; a JSON list on stdout."""
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
    help="Runs, each in a fresh worker process.",
)
@click.option(
    "--iter", "iterations", type=click.IntRange(1, MAX_ITERATIONS), default=20, show_default=True, help="Timed, a run."
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
    """Measure and pin the baseline that the gate compares with. Nothing else ever moves it."""
    from orchestrator.commands import pin_baseline
    from orchestrator.runner import RunSpec

    pin_baseline(name, sources_of(context), options, RunSpec(iterations, warmup, timeout_s=timeout_s), runs, root)


@click.command("slo:report")
@ARTIFACTS
@SLO
@JSON
@perf_option
def slo_report(root: Path, slo_file: Path | None, as_json: bool) -> None:
    """All scenarios against their objectives; also as _index.md and _index.html beside the results."""
    from orchestrator.commands import report

    report(root, slo_file, as_json)


@click.command("slo:gate")
@click.option(
    "--name", "names", type=ScenarioName(), multiple=True, metavar="N", help="Only this scenario; may be repeated."
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
    """Judge the newest stored results. Exit codes: 0 passed, 4 failed, 5 inconclusive.

    The candidate is the newest run that is not a cache run. One run that looks slow is judged on three; where the
    machine itself is slower than at the baseline, that is waited for, up to a minute.

    On GitHub Actions (GITHUB_STEP_SUMMARY is set) the verdicts are in the job's summary too.

    \b
    Examples:
      slo:gate
      slo:gate --name Treasury-BOT --fail-on regressions --junit reports/gate.xml
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
