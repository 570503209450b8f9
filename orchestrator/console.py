"""The commands `bench:*` and `slo:*`: options, one call, exit code. Imports click alone; the work is in commands.py."""

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.errors import BenchError
from orchestrator.perf import perf_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

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

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem[str]]":
        """Every scenario that can be named, and what sources offer beyond those."""
        names: list[str] = []
        for source in sources_of(ctx).values():
            own = {
                option.name: value for option in source.options if (value := ctx.params.get(option.name)) is not None
            }
            with suppress(BenchError):  # one source's mistake leaves the others
                names += [scenario.name for scenario in source.list()]
                names += source.offer(**own) if hasattr(source, "offer") else []
        return _offered(names, incomplete)


class StoredName(ScenarioName):
    """The name of a scenario that has results."""

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem[str]]":
        """Those under --artifacts."""
        from orchestrator.artifacts import DEFAULT_ROOT, Artifacts

        return _offered(Artifacts(ctx.params.get("root") or DEFAULT_ROOT).names(), incomplete)


def _offered(names: Sequence[str], incomplete: str) -> "list[CompletionItem[str]]":
    """Names are found in any case, and so they are offered."""
    from click.shell_completion import CompletionItem

    begun = [name for name in names if name.isprintable() and name.casefold().startswith(incomplete.casefold())]
    return [CompletionItem(name) for name in dict.fromkeys(begun)]


NAME = click.option(
    "--name", type=ScenarioName(), required=True, metavar="N", help="The scenario; `bench:list` names them."
)
ITER = click.option(
    "--iter",
    "iterations",
    type=click.IntRange(1, MAX_ITERATIONS),
    default=30,
    show_default=True,
    metavar="N",
    help="Timed iterations a run.",
)
WARMUP = click.option(
    "--warmup",
    type=click.IntRange(0, MAX_ITERATIONS),
    default=5,
    show_default=True,
    metavar="N",
    help="Untimed ones, before them.",
)
RUNS = click.option(
    "--runs",
    type=click.IntRange(1, MAX_RUNS),
    default=1,
    show_default=True,
    metavar="N",
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
    """The scenarios: name, kind, goal and objectives. Contacts no server.

    They are the bots and your own (config/scenarios.yaml); models are scenarios by any name that a server has.

    \b
    Examples:
      ollama-bench bench:list
      ollama-bench bench:list --json
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
      ollama-bench bench:show --name SRE-BOT
      ollama-bench bench:show --name llama3.2:1b --json
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
      ollama-bench bench:run --name "Treasury-BOT" --iter 30 --warmup 5
      ollama-bench bench:run --name SRE-BOT --cache
      ollama-bench bench:run --name gemma3:270m --embedded --runs 3
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
    """Run all bots and your own scenarios (config/scenarios.yaml), no models; a JSON list of summaries on stdout.

    Exit codes: 0 measured, 2 usage or configuration, 3 a run failed, 130 interrupted.

    \b
    Examples:
      ollama-bench bench:all
      ollama-bench bench:all --iter 100 --runs 3 > summaries.json
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
      ollama-bench bench:baseline --name Treasury-BOT
      ollama-bench bench:baseline --name gemma3:270m --embedded --iter 30
    """
    from orchestrator.commands import pin_baseline
    from orchestrator.runner import RunSpec

    pin_baseline(name, sources_of(context), options, RunSpec(iterations, warmup, timeout_s=timeout_s), runs, root)


@click.command("slo:report")
@ARTIFACTS
@SLO
@JSON
@perf_option
def slo_report(root: Path, slo_file: Path | None, as_json: bool) -> None:
    """All scenarios against their objectives; also as _index.md and _index.html beside the results.

    Exit codes: 0 told, missed objectives too; 2 usage or configuration; 3 the files cannot be written.

    \b
    Examples:
      ollama-bench slo:report
      ollama-bench slo:report --slo strict.yaml --json
    """
    from orchestrator.commands import report

    report(root, slo_file, as_json)


@click.command("slo:gate")
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
      ollama-bench slo:gate
      ollama-bench slo:gate --name Treasury-BOT --name SRE-BOT --fail-on regressions
      ollama-bench slo:gate --junit reports/gate.xml
      ollama-bench slo:gate --no-rerun --json > gate.json
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
