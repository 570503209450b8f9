"""The start of another process: it runs and is known to its caller, or it is gone."""

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def start_process(command: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
    """As `subprocess.Popen`. A signal that asks this process to stop takes effect when the other one is started, and
    ends it: within Popen it would leave one behind that nobody knows.
    """
    process: subprocess.Popen[Any] | None = None
    try:
        with _signals_wait():
            process = subprocess.Popen(command, **options)
    except BaseException:
        if process is not None:
            with process:
                process.kill()
        raise
    return process


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Until the end. What is ignored stays so, since the other process inherits that; handlers run in the main thread
    alone, and disturb no other one.
    """
    came: list[int] = []
    handlers = {number: handler for number in _STOPPING if callable(handler := signal.getsignal(number))}
    if threading.current_thread() is not threading.main_thread():
        handlers = {}
    try:
        for number in handlers:
            signal.signal(number, lambda number, _frame: came.append(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
