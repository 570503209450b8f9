"""What else goes on while a run is made: other processes, swapping, throttling."""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from ollama_bench.machine.cpu import governors, throttle_count
from ollama_bench.machine.limits import cgroup_throttled_s
from ollama_bench.machine.load import busiest, cpu_by_process, steal_s, swapped_bytes
from ollama_bench.observed import BusyProcess, Conditions
from ollama_bench.server.locate import Located
from ollama_bench.trial import TimedPhase

LOOK_EVERY_S, LOOK_COST = 1.0, 200
"""Processes are looked at each second, or after 200 times as long as it took: at most half a per cent of a core."""

CLOCK_NOISE_PERCENT = 10.0
"""CPU times are counted in ticks, by process and by core: less than this may be the difference of their rounding."""

NAMED_PERCENT = 5.0
"""Of one core, over the run: less is named by nobody."""


class Watch:
    """What this machine does beside the server that was `located`, from its making on.

    `serving_pids` tells, when asked, all the processes that serve: they and this tool are not "other". A server on
    another machine does not run here: what it does, and how fast that machine may run, is not seen.
    """

    def __init__(self, located: Located, serving_pids: Callable[[], Collection[int]]) -> None:
        self._located, self._serving_pids = located, serving_pids
        self._root_pid = next(iter(located.root_pids), None)
        self._start_s = time.monotonic()
        self._before = cpu_by_process()
        self._seen = self._before
        self._look_at_s = self._start_s + LOOK_EVERY_S
        self._swapped_bytes, self._steal_s = swapped_bytes(), steal_s()
        self._throttled, self._held_s = throttle_count(), self._held()

    def look(self) -> None:
        """Look at all processes, unless that was done just now: one that ends before the run does is then known."""
        if time.monotonic() < self._look_at_s:
            return
        cpu_s = time.thread_time()
        self._seen = self._seen | cpu_by_process()
        self._look_at_s = time.monotonic() + max(LOOK_EVERY_S, LOOK_COST * (time.thread_time() - cpu_s))

    def conditions(
        self,
        other_cpu_percent: float | None,
        gpu_throttle_reasons: Iterable[str],
        *,
        by_phase: Mapping[TimedPhase, float] = MappingProxyType({}),
        of_all_percent: float | None = None,
    ) -> Conditions:
        """What went on until now, with what the sampler saw: others' CPU by phase, and `of_all` that was sampled."""
        here = self._located.local
        elapsed_s = time.monotonic() - self._start_s
        other_cpu_percent, why_not = self._others(other_cpu_percent)
        others = self._others_by_name(elapsed_s)
        steal = _grown(self._steal_s, steal_s())
        return Conditions(
            governors=governors() if here else None,
            other_cpu_percent=other_cpu_percent,
            other_cpu_percent_by_phase={} if other_cpu_percent is None else dict(by_phase),
            other_cpu_reason=why_not,
            other_processes=tuple(p for p in others if p.cpu_percent >= NAMED_PERCENT)[:5],
            other_unnamed_percent=None if why_not else _unnamed(of_all_percent, others),
            steal_percent=None if steal is None or elapsed_s <= 0 else 100 * steal / elapsed_s,
            swapped_bytes=_whole(_grown(self._swapped_bytes, swapped_bytes())) if here else None,
            throttle_events=_whole(_grown(self._throttled, throttle_count())) if here else None,
            gpu_throttle_reasons=tuple(sorted(gpu_throttle_reasons)),
            cgroup_throttled_s=_grown(self._held_s, self._held()),
            reason=None if here else self._located.reason,
        )

    def _others(self, percent: float | None) -> tuple[float | None, str | None]:
        """The CPU of others, and why it is None."""
        if self._located.local and self._root_pid is None:
            return None, f"what the server uses cannot be told from it: {self._located.reason}"
        if percent is None:
            return None, "nothing was sampled while timed requests were under way"
        if percent < -CLOCK_NOISE_PERCENT:
            return None, "the system counts less CPU time for the whole machine than for its processes"
        return max(0.0, percent), None

    def _others_by_name(self, elapsed_s: float) -> tuple[BusyProcess, ...]:
        if self._located.local and self._root_pid is None:
            return ()  # the server may be one of them
        seen = self._seen | cpu_by_process()
        own = {os.getpid(), *self._serving_pids()}
        others = busiest(self._before, seen, elapsed_s, own, at_least_percent=0.0)
        return tuple(BusyProcess(pid=p.pid, name=p.name, cpu_percent=p.cpu_percent) for p in others)

    def _held(self) -> float | None:
        return None if self._root_pid is None else cgroup_throttled_s(self._root_pid)


def _unnamed(of_all_percent: float | None, others: Iterable[BusyProcess]) -> float | None:
    return None if of_all_percent is None else max(0.0, of_all_percent - sum(p.cpu_percent for p in others))


def _grown(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else max(0.0, now - before)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
