"""Standard error that never holds the server up, even when it is a pipe that nobody reads."""

import io
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

MAX_WAITING = 256
"""Texts that may wait to be written, of at most 64 KiB each; the next ones are dropped."""
LAST_WORDS_S = 1.0


@contextmanager
def unblocked_stderr() -> Iterator[None]:
    """Write what goes to sys.stderr from a thread of its own; at the end, wait a moment for what is not yet written."""
    before = sys.stderr
    try:
        number = before.fileno()
    except (AttributeError, OSError, ValueError):  # there is none, or it is no file
        yield
        return
    before.flush()
    log = _Log(before, number)
    sys.stderr = log
    try:
        yield
    finally:
        sys.stderr = before
        log.end()


class _Log(io.TextIOBase):
    def __init__(self, stream: TextIO, number: int) -> None:
        self._stream = stream
        self._number = number
        self._texts: queue.Queue[bytes | None] = queue.Queue(MAX_WAITING)
        # Not waited for by the interpreter at its end: it may hang in a write for ever.
        self._thread = threading.Thread(target=self._copy, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        with suppress(queue.Full):
            self._texts.put_nowait(text.encode(self._stream.encoding or "utf-8", "backslashreplace"))
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._number

    def end(self) -> None:
        try:
            self._texts.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(LAST_WORDS_S)

    def _copy(self) -> None:
        while (data := self._texts.get()) is not None:
            try:
                while data:
                    data = data[os.write(self._number, data) :]
            except OSError:  # nobody reads it any more, or it is closed
                continue
