"""Processes that are started while a signal asks this one to stop: they signal their parent before they are started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from orchestrator.start import start_process

if sys.platform == "win32":
    pytest.skip("signals are POSIX", allow_module_level=True)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def signalling(number: int) -> Callable[[], None]:
    """For `preexec_fn`: the parent waits in Popen for what this child does before it becomes its program."""

    def act() -> None:
        os.kill(os.getppid(), number)
        time.sleep(0.1)

    return act


@contextmanager
def handler(number: int, action: Any) -> Iterator[None]:
    before = signal.signal(number, action)
    try:
        yield
    finally:
        signal.signal(number, before)


def interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_meanwhile_leaves_no_process(number: int) -> None:
    with handler(number, interrupt):
        with pytest.raises(KeyboardInterrupt):
            start_process(SLEEP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=signalling(number))
        assert signal.getsignal(number) is interrupt
    assert [child for child in psutil.Process().children() if child.cmdline() == SLEEP] == []


def test_a_handler_that_goes_on_is_called_once_and_the_process_runs() -> None:
    came: list[int] = []
    with handler(signal.SIGTERM, lambda number, _frame: came.append(number)):
        with start_process(["true"], preexec_fn=signalling(signal.SIGTERM)) as process:
            assert process.wait() == 0
        assert came == [signal.SIGTERM]


def test_what_this_process_ignores_the_other_ignores() -> None:
    with (
        handler(signal.SIGHUP, signal.SIG_IGN),
        start_process(["sh", "-c", "kill -HUP $$; echo alive"], stdout=subprocess.PIPE) as process,
    ):
        assert process.communicate()[0] == b"alive\n"


def test_a_program_that_is_not_there_is_told_as_ever() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(FileNotFoundError):
        start_process(["/nowhere/at/all"])
    assert signal.getsignal(signal.SIGINT) is before
