"""k6 as a process: started, followed line by line, stopped, and what its exit code means."""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.child import Child
from ollama_bench.errors import LoadError
from ollama_bench.load.extra import k6_binary
from orchestrator.clean import one_line

THRESHOLDS_CROSSED = 99
STOP_TIMEOUT_S = 10.0

_RUNNING = re.compile(r"running \((?:(\d+)h)?(?:(\d+)m)?([\d.]+)s\), (\d+)/\d+ VUs, (\d+) complete")
_BAR = re.compile(r"\S+ +\S? *\[[ \d]*[%-]")
"""The line of a scenario below it, such as `uiSmoke   [  50% ] 5 VUs  2.0s/4s`."""


@dataclass(frozen=True)
class At:
    """How far a run is."""

    seconds: float
    vus: int
    iterations: int


Told = Callable[[At], None]


class Interrupted(KeyboardInterrupt):
    """The run was interrupted; `summary` is what k6 said of it until then."""

    def __init__(self, summary: str) -> None:
        super().__init__()
        self.summary = summary


@contextmanager
def k6_running(script: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[Child]:
    """k6 at work on `script`, with `environment` over this process's; stopped at the end of the block.

    No usage report is sent, and its own address for remote control stays closed. Whoever reads its standard output
    has to live: k6 ends at the next line that nobody can read. Raises MissingExtraError.
    """
    command = [k6_binary(), "run", "--no-color", "--address", "", *arguments, str(script)]
    child = Child(command, read_stdout=True, environment={**os.environ, **environment, "K6_NO_USAGE_REPORT": "true"})
    try:
        yield child
    finally:
        child.stop()


def lines(k6: Child) -> Iterator[str]:
    """What k6 prints, to its end."""
    assert k6.process.stdout is not None
    for line in k6.process.stdout:
        yield line.decode("utf-8", "replace")
    k6.process.wait()


def follow(k6: Child, told: Told) -> str:
    """All that k6 prints, but for its progress, which is told: its summary.

    Raises Interrupted for an interruption, which is passed on to k6 first, so that it can end in order.
    """
    kept: list[str] = []
    try:
        _read(k6, kept, told)
    except KeyboardInterrupt:
        k6.process.send_signal(signal.SIGINT)
        watchdog = threading.Timer(STOP_TIMEOUT_S, k6.process.kill)
        try:
            watchdog.start()
            _read(k6, kept, lambda _at: None)
        finally:
            watchdog.cancel()
        raise Interrupted(_squeezed(kept)) from None
    return _squeezed(kept)


def thresholds_kept(k6: Child) -> bool:
    """Whether k6, which has ended, found every threshold kept. Raises LoadError where it did not get so far."""
    code = k6.process.wait()
    if code in (0, THRESHOLDS_CROSSED):
        return code == 0
    how = f"status {code}" if code >= 0 else f"signal {-code}"
    words = "\n".join(one_line(line, 400) for line in k6.last_words().splitlines())
    raise LoadError(f"k6 ended with {how}, and said: {words}")


def _read(k6: Child, kept: list[str], told: Told) -> None:
    for line in lines(k6):
        running = _RUNNING.match(line)
        if running:
            hours, minutes, seconds, vus, iterations = running.groups()
            passed_s = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
            told(At(passed_s, int(vus), int(iterations)))
        elif not _BAR.match(line):
            kept.append(line)


def _squeezed(kept: list[str]) -> str:
    """Without the blank lines that stood around the progress."""
    return re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip("\n") + "\n"
