"""What the commands take: types of their values, options of one wording, and what a shell is offered for them."""

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.errors import BenchError

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
