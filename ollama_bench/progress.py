"""What a run tells while it goes on. The base class is silent: a library says nothing unless asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.plan import RunPlan
from ollama_bench.server.client import PullProgress
from ollama_bench.trial import Trial


@dataclass(frozen=True)
class Gauges:
    """What can be read of a run at any moment and from any thread, without holding up what is measured."""

    arrivals_ns: Callable[[], Sequence[int]]
    """When the chunks of the answer under way came, after its request was written; empty between answers."""
    rss_bytes: Callable[[], int | None]
    """Of the serving processes, as last sampled; None when they cannot be."""


class Progress:
    """Override what should be shown."""

    def pulling(self, model: str, step: PullProgress) -> None:
        """A line of a pull came."""

    def can_read(self, gauges: Gauges) -> None:
        """From now to the end of the run."""

    def started(self, plan: RunPlan) -> None:
        """The first request is about to be made."""

    def measured(self, trial: Trial) -> None:
        """A trial has ended."""

    def saved(self, path: Path) -> None:
        """The document was written, whole or as far as it goes."""

    def not_saved(self, reason: str) -> None:
        """The document could not be written; it is tried again after the next phase."""
