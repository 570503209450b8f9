"""Runs a scenario in a fresh worker process, and makes of whatever happens there a BenchRun."""

import contextlib
import json
import os
import pickle
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from pydantic import ValidationError

from orchestrator.environment import others_cpu_percent
from orchestrator.errors import BenchError
from orchestrator.results import BenchRun
from orchestrator.scenario import Found
from orchestrator.start import start_process
from orchestrator.worker import BOOT, Job
from orchestrator.yardstick import reading_beside_ns

DEFAULT_TIMEOUT_S = 300.0
MAX_LOG_CHARS = 2_000

Told = Callable[[int, int], None]
"""Called with the iterations that are over and those there will be, warm-up included."""


@dataclass(frozen=True)
class RunSpec:
    """How to run; the scenario itself says what."""

    iterations: int = 30
    warmup: int = 5
    cache: bool | None = None
    """Meet the cache, avoid it, or what is usual for the scenario."""
    experiment: bool = False
    timeout_s: float = DEFAULT_TIMEOUT_S
    """The longest that set-up or one iteration may take without a sign of life."""
    group: str = field(default_factory=lambda: secrets.token_hex(4))


def now_utc() -> str:
    """ISO 8601 with microseconds and a Z: sorts as text."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def run_once(found: Found, spec: RunSpec, told: Told = lambda _done, _total: None) -> BenchRun:
    """One run. A scenario that raises, hangs or loses its process gives a BenchRun with `failure`, no exception.

    Raises BenchError for a scenario that cannot travel to a worker.
    """
    scenario = found.scenario
    known = {
        "name": scenario.name,
        "kind": scenario.kind,
        "source": found.source,
        "options": dict(found.options),
        "group": spec.group,
        "started_at": now_utc(),
        "iterations": spec.iterations,
        "warmup": spec.warmup,
        "cache": "on" if spec.cache else "off",
        "experiment": spec.experiment,
        "usual": spec.cache in (None, scenario.caches_unasked),
        "others_cpu_percent": others_cpu_percent(),
    }
    try:
        job = pickle.dumps(Job(scenario, spec.iterations, spec.warmup, spec.cache))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise BenchError(f"{scenario.name}: cannot be sent to a worker process: {error}") from error
    outcome = _Worker(job, spec, told).outcome()
    try:
        return BenchRun.model_validate({**known, **outcome})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        failure = f"the scenario gave an impossible value: {where}: {first['msg']}"
        return BenchRun.model_validate({**known, "failure": failure})


def repeat(found: Found, spec: RunSpec, runs: int, told: Callable[[int, int, int], None]) -> Iterator[BenchRun]:
    """`runs` runs, each in its own process; `told` gets the run's index before the counts of `Told`."""
    for index in range(runs):

        def told_here(done: int, total: int, index: int = index) -> None:
            told(index, done, total)

        yield run_once(found, spec, told_here)


class _Worker:
    """One worker process, from its start to its end."""

    def __init__(self, job: bytes, spec: RunSpec, told: Told) -> None:
        self._job, self._spec, self._told = job, spec, told
        self._total = spec.warmup + spec.iterations
        self._done = 0
        self._yardstick_ns: list[int] = []

    def outcome(self) -> dict[str, Any]:
        """The fields of a BenchRun that the run itself brings."""
        with tempfile.TemporaryFile() as log:
            process = _start(log)
            try:
                said = self._listen(process)
            finally:
                _stop(process)
            if "result" in said:
                result: dict[str, Any] = said["result"]
                return {**result, "yardstick_ns": self._yardstick_ns}
            said.setdefault("failure", self._death(process.returncode))
            return {**said, "log": _end_of(log)}

    def _listen(self, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
        """Follow the lines told; the last one, or a failure of our own. Ends when the worker closes its channel."""
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_read, args=(process, self._job, lines), daemon=True).start()
        while True:
            try:
                line = lines.get(timeout=self._spec.timeout_s)
            except queue.Empty:
                return {"failure": f"no sign of life for {self._spec.timeout_s:g} s {self._progress()}: stopped"}
            if not line:
                process.wait()
                return {}
            message: dict[str, Any] = json.loads(line)
            if "yardstick" in message:
                self._read_yardstick(process)
            elif "done" in message:
                self._done = message["done"]
                self._told(self._done, self._total)
            else:
                self._await_exit(process)
                return message

    def _read_yardstick(self, process: "subprocess.Popen[bytes]") -> None:
        """In this process, because the scenario's own may have become slow by what the scenario does to it."""
        reading = reading_beside_ns(process.pid)
        if reading is not None:
            self._yardstick_ns.append(reading)
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # a worker that died meanwhile
            process.stdin.write(b".")
            process.stdin.flush()

    def _await_exit(self, process: "subprocess.Popen[bytes]") -> None:
        """Everything is told; the interpreter only has to end, and is stopped where it does not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)

    def _death(self, status: int) -> str:
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
            hint = " (out of memory?)" if name == "SIGKILL" else ""
            return f"the worker was killed by {name}{hint} {self._progress()}"
        return f"the worker ended with status {status} {self._progress()}"

    def _progress(self) -> str:
        return f"after about {self._done} of {self._total} iterations"


def _start(log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """A session of its own, so that a hung scenario is stopped with all that it started."""
    path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  # "" means the working directory
    path += [] if os.getcwd() in path else [os.getcwd()]  # noqa: PTH109  # last: it must not shadow anything
    return start_process(
        [sys.executable, "-c", BOOT, *path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )


def _read(process: "subprocess.Popen[bytes]", job: bytes, lines: "queue.Queue[bytes]") -> None:
    """Send the job, then pass each line on; an empty one is the end. The worker's input stays open: its end tells the
    worker that nobody listens any more.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):  # a worker that died at once says why on stderr
        process.stdin.write(job)
        process.stdin.flush()
    with process.stdout as stdout:
        for line in stdout:
            lines.put(line)
    lines.put(b"")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the worker and what it started: a worker that has died may have left something behind."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter on macOS, for one that has ended
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # what could not be sent to a worker that died
        process.stdin.close()


def _end_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode("utf-8", "replace")[-MAX_LOG_CHARS:]
