"""Which processes serve: children as they come, and a child that is still its parent."""

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from ollama_bench import process_tree
from ollama_bench.process_tree import LOOK_ANYWAY, ProcessTree

FORKS = """
import os, sys
child = os.fork()
if child == 0:
    sys.stdin.readline()
    os.execvp("sleep", ["sleep", "60"])
print(child, flush=True)
os.waitpid(child, 0)
"""
"""A process that forks when it is told; its child becomes another program when it is told."""


@pytest.fixture
def root() -> Iterator[subprocess.Popen[str]]:
    code = f"import sys; sys.stdin.readline(); exec({FORKS!r})"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        for member in [*psutil.Process(process.pid).children(), psutil.Process(process.pid)]:
            member.kill()


def tell(root: subprocess.Popen[str]) -> None:
    assert root.stdin is not None
    root.stdin.write("go\n")
    root.stdin.flush()


def fork(root: subprocess.Popen[str]) -> int:
    tell(root)
    assert root.stdout is not None
    return int(root.stdout.readline())


def refreshed(tree: ProcessTree) -> set[int]:
    tree.look_at_once()
    return {process.pid for process in tree.refresh()}


def test_a_child_between_fork_and_exec_is_its_parent_and_counts_no_second_time(root: subprocess.Popen[str]) -> None:
    tree = ProcessTree([root.pid])
    child = fork(root)
    assert refreshed(tree) == {root.pid}
    assert refreshed(tree) == {root.pid, child}  # one that stays is a worker


def test_a_child_that_became_its_program_counts_at_once(root: subprocess.Popen[str]) -> None:
    tree = ProcessTree([root.pid])
    child = fork(root)
    tell(root)
    deadline_s = time.monotonic() + 10
    while psutil.Process(child).cmdline()[:1] != ["sleep"]:
        assert time.monotonic() < deadline_s
    assert refreshed(tree) == {root.pid, child}


@pytest.mark.parametrize("newest", [4321, None])
def test_a_system_that_does_not_tell_of_new_pids_is_looked_at_all_the_same(
    root: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, newest: int | None
) -> None:
    """As some sandboxes are, of which none can be had in a test."""
    monkeypatch.setattr(process_tree, "_newest_pid", lambda: newest)
    tree = ProcessTree([root.pid])
    child = fork(root)
    found = [{process.pid for process in tree.refresh()} for _ in range(LOOK_ANYWAY + 1)]
    assert found[-1] == {root.pid, child}
