"""What can be benchmarked: a scenario, and the sources that scenarios come from.

Built in are the bots and the user's own (`config/scenarios.yaml`). Others register an object under the entry point
group `orchestrator.scenarios`; nothing here knows what they measure. NOT aware of how a scenario is run or judged.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.errors import ConfigurationError
from orchestrator.memory import own_peak_rss_bytes

if TYPE_CHECKING:
    import click

ENTRY_POINT_GROUP = "orchestrator.scenarios"

_IMPORT_ERRORS = (
    ImportError, SyntaxError, AttributeError, NameError, TypeError, ValueError, LookupError, OSError, RuntimeError
)  # fmt: skip
"""What another package's module may raise when it is imported; whatever else it raises is a crash."""

Json = str | int | float | bool | None


@dataclass(frozen=True)
class Sample:
    """One iteration."""

    duration_ns: int
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    """Further figures by name, with the unit in the name; None where this iteration has none."""
    digest: str | None = None
    """Of the result, where it should be the same each time."""
    cache_hit: bool | None = None
    """Whether the result came from a cache; None where that is unknown or no cache is in use."""


class Session(Protocol):
    """A scenario made ready in a worker process, between set-up and tear-down."""

    def iterate(self) -> Sample:
        """Do the work once and time it. What it raises fails the run, with that as the reason."""

    def peak_rss_bytes(self) -> int | None:
        """Peak memory of the processes that did the work; None when it cannot be told. Asked for after the last."""

    def works_itself(self) -> bool:
        """Whether the worker's own thread does the work: then the speed of its core is watched. Asked after set-up."""

    def context(self) -> Mapping[str, Json]:
        """What makes runs comparable beyond the machine: versions, digests, options. Asked for after set-up."""


class Scenario(Protocol):
    """A value that can be pickled: it travels to a fresh worker process, and makes whatever is live in `open`."""

    @property
    def name(self) -> str:
        """As `--name` takes it, and as objectives and artifacts know it."""

    @property
    def kind(self) -> str:
        """In a word: bot, model, callable, command."""

    @property
    def goal(self) -> str:
        """What it does, in a sentence."""

    @property
    def caches_unasked(self) -> bool:
        """Whether its cache is met where no mode is asked for."""

    def open(self, cache: bool | None) -> AbstractContextManager[Session]:
        """Set up on entry, tear down on exit, both in the worker and untimed.

        `cache`: meet the scenario's cache, avoid it, or (None) do what is usual for it.

        Raises BenchError where it cannot be set up.
        """


class ScenarioSource(Protocol):
    """Where scenarios come from; what an entry point of ENTRY_POINT_GROUP loads to (an instance or a module).

    It may also have `offer(**options)`: further names, for a shell that completes `--name`; told at once or not at all.
    """

    @property
    def options(self) -> "Sequence[click.Option]":
        """Options that the `bench:*` commands take on; their values reach `find` under the options' names."""

    def list(self) -> Iterable[Scenario]:
        """Those that can be named without asking anyone: no server is contacted."""

    def find(self, name: str, **options: Any) -> Scenario | None:
        """The scenario of that name, None when it is not of this source. The options' values are JSON values, because
        they are stored with each run, so that the gate can find the same scenario again.

        Raises BenchError.
        """


@dataclass(frozen=True)
class Found:
    """A scenario with the way it was found."""

    scenario: Scenario
    source: str
    options: Mapping[str, Any]


class TimedCall:
    """The session of a function without arguments: times each call, measures the memory of this process."""

    def __init__(
        self,
        call: Callable[[], Any],
        *,
        digest: Callable[[Any], str | None] = lambda _: None,
        metrics: Callable[[Any], Mapping[str, float | None]] = lambda _: {},
        context: Mapping[str, Json] | None = None,
        hits: Callable[[], int] | None = None,
    ) -> None:
        self._call, self._digest, self._metrics = call, digest, metrics
        self._context, self._hits = context or {}, hits

    def iterate(self) -> Sample:
        """Call once; digest and metrics are made from the result, outside the time."""
        call = self._call
        hits_before = self._hits() if self._hits else 0
        started_ns = time.perf_counter_ns()
        result = call()
        duration_ns = time.perf_counter_ns() - started_ns
        hit = self._hits() > hits_before if self._hits else None
        return Sample(duration_ns, self._metrics(result), self._digest(result), hit)

    def peak_rss_bytes(self) -> int | None:
        """Of this process: the worker does the work itself."""
        return own_peak_rss_bytes()

    def works_itself(self) -> bool:
        """It does."""
        return True

    def context(self) -> Mapping[str, Json]:
        """As given."""
        return self._context


def builtin_sources() -> dict[str, ScenarioSource]:
    """The bots and the user's own scenarios. To add a source to the project itself, add a line."""
    from orchestrator import custom
    from orchestrator.bots import catalogue

    return {"bots": catalogue, "user": custom}


def registered_sources(warn: Callable[[str], None] = lambda _: None) -> dict[str, ScenarioSource]:
    """Sources under the entry point; one that cannot be imported, or is none, is told to `warn` and left out."""
    from importlib.metadata import entry_points

    sources = {}
    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name):
        try:
            source = entry.load()
            lacking = [part for part in ("options", "list", "find") if not hasattr(source, part)]
            problem = f"it has no {' and no '.join(lacking)}" if lacking else None
        except _IMPORT_ERRORS as error:
            problem = f"{type(error).__name__}: {error}"
        if problem is None:
            sources[entry.name] = source
        else:
            warn(f"scenario source {entry.name} ({entry.value}) cannot be loaded and is left out: {problem}")
    return sources


def find(name: str, sources: Mapping[str, ScenarioSource], options: Mapping[str, Any]) -> Found:
    """The first source's scenario of that name; each source is given those `options` that are its own.

    Raises ConfigurationError for a name that no source knows, and what a source raises.
    """
    for source_name, source in sources.items():
        own = {option.name: options[option.name] for option in source.options if option.name in options}
        own = {key: value for key, value in own.items() if value is not None}
        scenario = source.find(name, **own)
        if scenario is not None:
            return Found(scenario, source_name, own)
    raise ConfigurationError(f"no scenario is called {name!r}: `bench:list` names them")
