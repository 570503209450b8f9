"""Some processes and all that descend from them, kept up to date at the cost of the processes that are new."""

import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

LOOK_EVERY = 5
"""Refreshes, at the least, from one look for new children to the next: where something starts all the time, looking at
each of them would cost more than all the rest."""
LOOK_ANYWAY = 10
"""Refreshes after which children are looked for though no process seems to have started: some sandboxes (gVisor) and
emulations of /proc (lxcfs) tell a newest pid that never moves, or lags."""


class ProcessTree:
    """The processes under some roots; `refresh` gives them as they are.

    A child that is still the program of its parent is left out until the refresh after the one that found it: between
    fork and exec it is charged with all of its parent's pages, and the sum of both is no memory that ever was in use.
    One that stays the same program (a worker that was forked on purpose) counts from then on.
    """

    def __init__(self, root_pids: Iterable[int]) -> None:
        self._newest = _newest_pid()  # read before the list, here and below: what starts in between is found next time
        self._until_look = 0
        self._until_anyway = LOOK_ANYWAY
        self._known = set(psutil.pids())
        self._members: dict[int, psutil.Process] = {}
        self._forks: set[int] = set()
        for pid in root_pids:
            self._join(pid)
        for root in list(self._members.values()):
            with contextlib.suppress(psutil.NoSuchProcess):
                self._members |= {child.pid: child for child in root.children(recursive=True)}

    def refresh(self) -> list[psutil.Process]:
        """The members (some may have ended), as of now or of a look that is less than `LOOK_EVERY` calls old."""
        self._forks.clear()
        self._until_look -= 1
        self._until_anyway -= 1
        if self._until_look <= 0:
            newest = _newest_pid()
            if newest is None or newest != self._newest:
                self._newest = newest
                self._until_look = LOOK_EVERY
                self._look_for_children()
            elif self._until_anyway <= 0:
                self._look_for_children()
        return [process for pid, process in self._members.items() if pid not in self._forks]

    def look_at_once(self) -> None:
        """Make the next `refresh` look, however young the last look is."""
        self._until_look = self._until_anyway = 0

    def _look_for_children(self) -> None:
        pids = set(psutil.pids())
        for pid in sorted(pids - self._known):  # parents come before their children, but for a wrap of the pids
            parent = _parent_pid(pid)
            if parent is not None and parent in self._members:
                self._join(pid)
                if (command_line := _command_line(pid)) and command_line == _command_line(parent):
                    self._forks.add(pid)
        self._known = pids
        self._until_anyway = LOOK_ANYWAY
        self._members = {pid: process for pid, process in self._members.items() if pid in pids}

    def _join(self, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self._members[pid] = psutil.Process(pid)


def _newest_pid() -> int | None:
    """The pid that the system gave out last; None where it does not say. Listing all of them costs 20 times as much."""
    if sys.platform != "linux":
        return None
    try:
        return int(Path("/proc/loadavg").read_bytes().split()[-1]) or None
    except (OSError, ValueError, IndexError):
        return None


def _parent_pid(pid: int) -> int | None:
    try:
        return psutil.Process(pid).ppid()
    except psutil.Error:
        return None


def _command_line(pid: int) -> list[str] | None:
    """Empty for a process that ends; None where it may not be read."""
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return None
