"""The bots as a source of scenarios. To add one: a file with `build` and `work`, and a line in BOTS."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from orchestrator.bots import revops, sre, treasury
from orchestrator.errors import BenchError
from orchestrator.memoise import memoised
from orchestrator.scenario import Session, TimedCall

SEED = 20_260_105
"""Of the data of every bot: the same seed gives the same data, and so the same digest, everywhere."""


@dataclass(frozen=True)
class Bot:
    """A piece of work on seeded data. Pickled by reference to module-level functions."""

    name: str
    goal: str
    build: Callable[[int], Any]
    """From a seed to the input; untimed."""
    work: Callable[[Any], Any]
    """From the input to a dataclass of integers and text; timed."""
    kind: str = "bot"
    caches_unasked: bool = False

    @contextmanager
    def open(self, cache: bool | None) -> Iterator[Session]:
        """Build the input; with `cache`, results are memoised by seed."""
        data = self.build(SEED)

        def run(seed: int) -> Any:
            return self.work(data if seed == SEED else self.build(seed))

        call, hits = memoised(run) if cache else (run, None)
        seen: set[str] = set()

        def checked_digest(result: Any) -> str:
            seen.add(digest(result))
            if len(seen) > 1:
                raise BenchError(f"{self.name}: the same input gave two results: it is not deterministic")
            return next(iter(seen))

        yield TimedCall(lambda: call(SEED), digest=checked_digest, context={"seed": SEED}, hits=hits)


BOTS = (
    Bot("Treasury-BOT", "13-week cash view from receivable and payable ledgers", treasury.build, treasury.cash_view),
    Bot("RevOps-BOT", "weighted pipeline, quota attainment and stage conversion", revops.build, revops.forecast),
    Bot("SRE-BOT", "availability, error budget and burn rates from a request log", sre.build, sre.assess),
)

options: Sequence[Any] = ()


def list() -> tuple[Bot, ...]:  # noqa: A001  # the name that a source has
    """All bots."""
    return BOTS


def find(name: str, **_options: Any) -> Bot | None:
    """The bot of that name, in any case."""
    return next((bot for bot in BOTS if bot.name.casefold() == name.casefold()), None)


def digest(result: Any) -> str:
    """SHA-256 of a result's canonical JSON. Results hold integers and text, so it is the same on every machine."""
    value: Mapping[str, Any] = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
