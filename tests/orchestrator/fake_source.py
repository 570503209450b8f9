"""A source as another package would register it: options, a session with set-up and tear-down, its own memory."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from orchestrator.errors import BenchError
from orchestrator.scenario import Json, Sample, Session

LOADED_MARK = "FAKE_SOURCE_LOADED"
if os.environ.get(LOADED_MARK):
    Path(os.environ[LOADED_MARK]).touch()

options = [click.Option(["--speed"], type=int, default=1, help="Ticks a second."), click.Option(["--trace"])]


@dataclass(frozen=True)
class Clockwork:
    name: str
    speed: int
    trace: str | None
    kind: str = "clockwork"
    goal: str = "ticks"
    caches_unasked: bool = True

    @contextmanager
    def open(self, cache: bool | None) -> Iterator[Session]:
        if self.speed < 1:
            raise BenchError("the clockwork is not wound")
        self._note("up")
        try:
            yield Ticking(self.speed, cache, elsewhere="remote" in self.name)
        finally:
            self._note("down")

    def _note(self, word: str) -> None:
        if self.trace:
            with Path(self.trace).open("a") as file:
                file.write(word + "\n")


@dataclass(frozen=True)
class Ticking:
    speed: int
    cache: bool | None
    elsewhere: bool = False

    def iterate(self) -> Sample:
        duration_ns = 1_000_000_000 // self.speed // (2 if self.cache else 1)
        return Sample(duration_ns, {"gen_tok_s": float(self.speed)}, cache_hit=self.cache)

    def peak_rss_bytes(self) -> int | None:
        return 123_000_000

    def works_itself(self) -> bool:
        return not self.elsewhere

    def context(self) -> Mapping[str, Json]:
        return {"speed": self.speed}


def list() -> tuple[Clockwork, ...]:  # noqa: A001
    return ()


def find(name: str, *, speed: int = 1, trace: str | None = None, **rest: Any) -> Clockwork | None:
    assert not rest
    return Clockwork(name, speed, trace) if name.startswith("clock") else None
