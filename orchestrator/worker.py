"""What a fresh worker process does: one run of one scenario, told line by line in JSON.

    {"done": 3}                                        so many iterations are over, warm-up included
    {"yardstick": true}                                waits: the parent takes a reading, and answers with a byte
    {"result": {...}}                                  at the end, the raw samples and what goes with them
    {"failure": "...", "setup_exit_code": 3}           instead, with the reason; the code where set-up refused

NOT aware of objectives, files or statistics. Imports nothing heavy: its memory is the scenario's.
"""

import gc
import json
import math
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from orchestrator.environment import fingerprint
from orchestrator.errors import BenchError
from orchestrator.scenario import Json, Sample, Scenario, Session

PROGRESS_S = 0.05
"""Progress is told no more often, or the telling would disturb short iterations."""

YARDSTICK_S = 0.01
"""The yardstick is read after an iteration, but no more often."""

BOOT = "import sys; sys.path[:] = sys.argv[1:]; del sys.argv[1:]; from orchestrator.worker import main; main()"
"""What a worker's interpreter is started with; the arguments are the parent's import path."""

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Job:
    """What to run; pickled to the worker's standard input."""

    scenario: Scenario
    iterations: int
    warmup: int
    cache: bool | None


def main() -> None:
    """Take a job from standard input. Whatever the scenario prints goes to stderr, never among the lines told."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1) as channel:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        def tell(message: dict[str, Any]) -> None:
            channel.write(json.dumps(message) + "\n")

        try:
            job: Job = pickle.load(sys.stdin.buffer)
            tell(perform(job, tell, _Parent(tell).read_yardstick))
        except BenchError as error:
            tell({"failure": str(error)})
        except BaseException as error:
            tell({"failure": f"{type(error).__name__}: {error}" if str(error) else type(error).__name__})
            raise


class _Parent:
    """The process at the other end of what was standard input; the scenario finds an empty one in its place."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        line = os.dup(sys.stdin.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        threading.Thread(target=self._listen, args=(line,), daemon=True).start()

    def read_yardstick(self) -> None:
        """Have a reading taken, and wait: nothing of the scenario is at work meanwhile."""
        self._tell({"yardstick": True})
        self._answers.get()

    def _listen(self, line: int) -> None:
        """Where the parent is gone, however it ended (SIGKILL), nobody stops a scenario that hangs, nor what it
        started: this process group does it itself.
        """
        while answer := os.read(line, 1):
            self._answers.put(answer)
        if hasattr(os, "killpg"):
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)


def perform(job: Job, tell: Tell, read_yardstick: Callable[[], None]) -> dict[str, Any]:
    """Set up, warm up, iterate, tear down; the last message to tell."""
    with ExitStack() as stack:
        try:
            session = stack.enter_context(job.scenario.open(job.cache))
        except BenchError as error:
            return {"failure": str(error), "setup_exit_code": error.exit_code}
        context = dict(session.context())
        samples = _iterate(session, job, tell, read_yardstick if session.works_itself() else lambda: None)
        peak = session.peak_rss_bytes()
    return {"result": _result(samples, context, peak)}


def _result(samples: list[Sample], context: dict[str, Json], peak_rss_bytes: int | None) -> dict[str, Any]:
    digests = {sample.digest for sample in samples}
    hits = [sample.cache_hit for sample in samples]
    return {
        "samples_ns": [sample.duration_ns for sample in samples],
        "metrics": {
            name: [_finite(sample.metrics.get(name)) for sample in samples]
            for name in dict.fromkeys(name for sample in samples for name in sample.metrics)
        },
        "digest": digests.pop() if len(digests) == 1 else None,
        "cache_hits": sum(hit is True for hit in hits) if any(hit is not None for hit in hits) else None,
        "peak_rss_bytes": peak_rss_bytes,
        "environment": fingerprint(),
        "context": context,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _iterate(session: Session, job: Job, tell: Tell, read_yardstick: Callable[[], None]) -> list[Sample]:
    """The timed iterations; those of the warm-up come first and are dropped."""
    samples: list[Sample] = []
    gc.collect()
    told, read = time.monotonic(), -math.inf
    for done in range(1, job.warmup + job.iterations + 1):
        sample = session.iterate()
        if done > job.warmup:
            samples.append(sample)
        now = time.monotonic()
        if now - told >= PROGRESS_S:
            told = now
            tell({"done": done})
        if done > job.warmup and now - read >= YARDSTICK_S:
            read_yardstick()
            read = time.monotonic()
    return samples
