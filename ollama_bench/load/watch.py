"""Watches named processes while k6 puts them under load."""

import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ollama_bench.load.usage import Readings, Used, snapshots, used_between
from ollama_bench.sampler import Sampler

IDLE_S = 0.5
"""Watched before the load and after it."""


class ProcessWatch:
    """Inside `with` each process added is sampled, with its children. Call `load_begins`, then `load_ends`."""

    def __init__(self) -> None:
        self._zero_ns = time.monotonic_ns()
        self._samplers: dict[str, Sampler] = {}
        self._stack = ExitStack()
        self._start_ns = self._end_ns = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, name: str, *pids: int) -> None:
        """Watch these from now on, under one name."""
        self._samplers[name] = self._stack.enter_context(Sampler(pids, self._zero_ns))

    def load_begins(self) -> None:
        """All but k6 were added: they are watched idle for a moment."""
        time.sleep(IDLE_S)
        self._start_ns = self._now_ns()

    def load_ends(self) -> None:
        """K6 has ended."""
        self._end_ns = self._now_ns()
        time.sleep(IDLE_S)

    def save(self, folder: Path) -> None:
        """The snapshots, as files in `folder`. Raises OSError."""
        for name, text in snapshots(self._readings, self._start_ns, self._end_ns or self._now_ns()):
            (folder / name).write_text(text, encoding="utf-8")

    def used(self) -> dict[str, Used]:
        """By each, under load."""
        return {name: used_between(one, self._start_ns, self._end_ns) for name, one in self._readings.items()}

    @property
    def _readings(self) -> Readings:
        return {name: list(sampler.readings) for name, sampler in self._samplers.items()}

    def _now_ns(self) -> int:
        return time.monotonic_ns() - self._zero_ns
