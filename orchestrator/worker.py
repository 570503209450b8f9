"""What a fresh worker process does: one run of one scenario, told line by line in JSON.

    {"done": 3}                                        so many iterations are over, warm-up included
    {"result": {...}}                                  at the end, the raw samples and what goes with them
    {"failure": "...", "setup_exit_code": 3}           instead, with the reason; the code where set-up refused

NOT aware of objectives, files or statistics. Imports nothing heavy: its memory is the scenario's.
"""

import gc
import json
import math
import os
import pickle
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
from orchestrator.yardstick import reading_ns

PROGRESS_S = 0.05
"""Progress is told no more often, or the telling would disturb short iterations."""

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
            threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(),), daemon=True).start()
            tell(perform(job, tell))
        except BenchError as error:
            tell({"failure": str(error)})
        except BaseException as error:
            tell({"failure": f"{type(error).__name__}: {error}" if str(error) else type(error).__name__})
            raise


def _end_with_parent(standard_input: int) -> None:
    """The parent holds the other end until all is told. Where it is gone before, however it ended (SIGKILL), nobody
    stops a scenario that hangs, nor what it started: this process group does it itself.
    """
    while os.read(standard_input, 4096):
        pass
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def perform(job: Job, tell: Tell) -> dict[str, Any]:
    """Set up, warm up, iterate, tear down; the last message to tell."""
    with ExitStack() as stack:
        try:
            session = stack.enter_context(job.scenario.open(job.cache))
        except BenchError as error:
            return {"failure": str(error), "setup_exit_code": error.exit_code}
        context = dict(session.context())
        samples, yardstick_ns = _iterate(session, job, tell)
        peak = session.peak_rss_bytes()
    return {"result": {**_result(samples, context, peak), "yardstick_ns": yardstick_ns}}


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


def _iterate(session: Session, job: Job, tell: Tell) -> tuple[list[Sample], list[int]]:
    """The timed iterations, each with a reading of the yardstick; those of the warm-up come first and are dropped."""
    samples: list[Sample] = []
    yardstick_ns: list[int] = []
    gc.collect()
    told = time.monotonic()
    for done in range(1, job.warmup + job.iterations + 1):
        sample, reading = session.iterate(), reading_ns()
        if done > job.warmup:
            samples.append(sample)
            yardstick_ns.append(reading)
        now = time.monotonic()
        if now - told >= PROGRESS_S:
            told = now
            tell({"done": done})
    return samples, yardstick_ns
