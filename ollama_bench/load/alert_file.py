"""Appends alerts to a file of JSON lines that others append to at the same time."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ollama_bench.errors import OutputError
from ollama_bench.load.alerts import Alert


def append_alerts(path: Path, alerts: Sequence[Alert]) -> list[Alert]:
    """Those of `alerts` that the file did not have yet: they are in it now. One write for all, whole or not at all.

    The file is locked from the look to the write, so that two at once neither lose nor repeat a line; on Windows,
    which has no such lock, they may repeat one. Raises OutputError.
    """
    if not alerts:
        return []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "r+b", buffering=0) as file, _locked(descriptor):
            known, whole = _ids(file.read())
            new = [alert for alert in alerts if alert.id not in known]
            if new:
                _write_whole(descriptor, ("" if whole else "\n") + "".join(f"{alert.line()}\n" for alert in new))
    except OSError as error:
        why = f"{path}: cannot be written: {error.strerror or error}"
        raise OutputError(f"{why}: make room, or choose another file with --out") from error
    return new


def missing_from(path: Path, alerts: Sequence[Alert]) -> list[Alert]:
    """Those that `append_alerts` would write. Raises OutputError for a file that cannot be read."""
    try:
        known, _ = _ids(path.read_bytes())
    except FileNotFoundError:
        return list(alerts)
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return [alert for alert in alerts if alert.id not in known]


def _ids(data: bytes) -> tuple[set[str], bool]:
    """The alerts that are there, and whether the last line is whole. Lines that are no alert are passed over."""
    known = set()
    for line in data.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            known.add(entry["id"])
    return known, data.endswith(b"\n") or not data


def _write_whole(descriptor: int, text: str) -> None:
    """Raises OSError; a write that was cut (a full disk) is taken back."""
    data, before = text.encode(), os.fstat(descriptor).st_size
    if os.write(descriptor, data) != len(data):
        os.ftruncate(descriptor, before)
        raise OSError("there is no room for all of it")


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """The lock ends with the descriptor, however its process ends."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
