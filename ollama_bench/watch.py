"""What else goes on while a run is made: other processes, swapping, throttling. Looks before and after it."""

import os
import time
from collections.abc import Callable, Collection, Iterable

from ollama_bench.machine.cpu import governors, throttle_count
from ollama_bench.machine.limits import cgroup_throttled_s
from ollama_bench.machine.load import busiest, cpu_by_process, steal_s, swapped_bytes
from ollama_bench.observed import BusyProcess, Conditions


class Watch:
    """From its making on. `root_pid` is the server's process; None where it cannot be looked at, for `reason`.

    `serving_pids` tells, when asked, all the processes that serve: they and this tool are not "other".
    """

    def __init__(self, root_pid: int | None, reason: str | None, serving_pids: Callable[[], Collection[int]]) -> None:
        self._root_pid, self._reason, self._serving_pids = root_pid, reason, serving_pids
        if root_pid is not None:
            self._start_s = time.monotonic()
            self._cpu = cpu_by_process()
            self._swapped_bytes, self._steal_s = swapped_bytes(), steal_s()
            self._throttled, self._held_s = throttle_count(), cgroup_throttled_s(root_pid)

    def conditions(self, other_cpu_percent: float | None, gpu_throttle_reasons: Iterable[str]) -> Conditions:
        """What went on until now, with what the sampler saw."""
        if self._root_pid is None:
            return Conditions(reason=self._reason)
        elapsed_s = time.monotonic() - self._start_s
        others = busiest(self._cpu, cpu_by_process(), elapsed_s, {os.getpid(), *self._serving_pids()})
        steal = _grown(self._steal_s, steal_s())
        return Conditions(
            governors=governors(),
            other_cpu_percent=None if other_cpu_percent is None else max(0.0, other_cpu_percent),
            other_processes=tuple(BusyProcess(pid=p.pid, name=p.name, cpu_percent=p.cpu_percent) for p in others[:5]),
            steal_percent=None if steal is None or elapsed_s <= 0 else 100 * steal / elapsed_s,
            swapped_bytes=_whole(_grown(self._swapped_bytes, swapped_bytes())),
            throttle_events=_whole(_grown(self._throttled, throttle_count())),
            gpu_throttle_reasons=tuple(sorted(gpu_throttle_reasons)),
            cgroup_throttled_s=_grown(self._held_s, cgroup_throttled_s(self._root_pid)),
        )


def _grown(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else max(0.0, now - before)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
