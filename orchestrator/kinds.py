"""The user's own kinds of scenario: a Python callable and a command line."""

import hashlib
import importlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import BenchError, ConfigurationError
from orchestrator.memoise import memoised
from orchestrator.scenario import Json, Sample, Session, TimedCall


@dataclass(frozen=True)
class CallableScenario:
    """A function without arguments. A mapping of numbers that it returns counts as further metrics."""

    name: str
    goal: str
    target: str
    """`package.module:function`; the working directory can be imported from."""
    kind: str = "callable"
    caches_unasked: bool = False

    @contextmanager
    def open(self, cache: bool | None) -> Iterator[Session]:
        """Import the function; with `cache`, its result is memoised."""
        function = self._resolve()
        context = {"callable": self.target}
        if cache:
            call, hits = memoised(lambda _: function())
            yield TimedCall(lambda: call(None), digest=_digest, metrics=_metrics, context=context, hits=hits)
        else:
            yield TimedCall(function, digest=_digest, metrics=_metrics, context=context)

    def _resolve(self) -> Callable[[], Any]:
        module_name, _, path = self.target.partition(":")
        try:
            value: Any = importlib.import_module(module_name)
            for part in path.split("."):
                value = getattr(value, part)
        except (ImportError, AttributeError) as error:
            raise BenchError(f"{self.name}: {self.target} cannot be imported: {error}") from error
        if not callable(value):
            raise BenchError(f"{self.name}: {self.target} is not callable")
        function: Callable[[], Any] = value
        return function


def _metrics(result: Any) -> Mapping[str, float | None]:
    if not isinstance(result, Mapping):
        return {}
    numbers = {key: value for key, value in result.items() if isinstance(value, int | float)}
    return {str(key): float(value) for key, value in numbers.items() if not isinstance(value, bool)}


def _digest(result: Any) -> str | None:
    """Of text, bytes or JSON; None for anything else, and for metrics, which differ each time."""
    if result is None or _metrics(result):
        return None
    try:
        data = result if isinstance(result, bytes) else json.dumps(result, sort_keys=True).encode()
    except (TypeError, ValueError):
        return None
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class CommandScenario:
    """A command line, run without a shell; from its start to its end is the time."""

    name: str
    goal: str
    command: str
    kind: str = "command"
    caches_unasked: bool = False

    @contextmanager
    def open(self, cache: bool | None) -> Iterator[Session]:
        """Nothing to set up."""
        if cache:
            raise ConfigurationError(f"{self.name}: a command has no cache to compare")
        yield CommandSession(shlex.split(self.command))


class CommandSession:
    """Runs the command once an iteration; its output is thrown away, its errors go to the worker's."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._peak_bytes: int | None = None

    def iterate(self) -> Sample:
        """Raises BenchError where the command cannot be started or does not exit with 0."""
        started_ns = time.perf_counter_ns()
        try:
            process = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        except OSError as error:
            raise BenchError(f"{self._arguments[0]}: cannot be started: {error.strerror or error}") from error
        self._wait(process)
        duration_ns = time.perf_counter_ns() - started_ns
        if process.returncode:
            raise BenchError(f"{shlex.join(self._arguments)}: ended with status {process.returncode}")
        return Sample(duration_ns)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        if not hasattr(os, "wait4"):  # Windows: the memory stays unknown
            process.wait()
            return
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
        self._peak_bytes = max(peak, self._peak_bytes or 0)

    def peak_rss_bytes(self) -> int | None:
        """Of the command; on Linux never less than the worker that started it, about 20 MB."""
        return self._peak_bytes

    def works_itself(self) -> bool:
        """It waits for the command."""
        return False

    def context(self) -> Mapping[str, Json]:
        """The command line."""
        return {"command": shlex.join(self._arguments)}
