"""Samples memory, CPU and VRAM of the serving processes, in one thread, and its own cost."""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from ollama_bench.process_tree import ProcessTree
from ollama_bench.usage import ProcessPeak, Reading

INTERVAL_S = 0.1
SLOW_EVERY = 5
"""Samples between two looks at the GPU: NVML walks its process list, and VRAM changes with loads, not with tokens."""

OTHER_PROGRAM = 0.95
"""The kernel's mark only rises, but for an exec. Page counts lag by some pages a core: a little less is no sign."""


@dataclass(frozen=True)
class SlowReading:
    """What is looked at less often, since it costs more. Joules count from the start of sampling."""

    vram_bytes: int | None = None
    gpu_j: float | None = None
    cpu_j: float | None = None
    throttle_reasons: tuple[str, ...] = ()


class Sampler:
    """Watches `root_pids`, all that descend from them, and the machine, from `with` to its end.

    On a quiet machine a child is seen at the next sample, on a busy one half a second later at the most; its CPU time
    counts from its birth. With no roots, or when one of them is gone, only the machine is watched: what is left of a
    server is not the server. `look` tells what a set of pids holds and uses beyond that.
    """

    def __init__(
        self,
        root_pids: Iterable[int],
        zero_ns: int,
        look: Callable[[set[int]], SlowReading] = lambda _pids: SlowReading(),
    ) -> None:
        self.readings: list[Reading] = []
        self.peaks: dict[int, ProcessPeak] = {}
        self.own_cpu_s = 0.0
        """CPU seconds that sampling took so far."""
        self.lateness_s: list[float] = []
        """How late each waking came."""
        self.missing: str | None = None
        """Why some samples are without the server's processes, or there are no more samples."""
        self._zero_ns = zero_ns
        self._look = look
        self._slow = SlowReading()
        self._roots = frozenset(root_pids)
        self._tree = ProcessTree(self._roots)
        self._cpu_s: dict[psutil.Process, float] = {}
        self._cpu_total_s = 0.0
        self._busy_before_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        for process in self._tree.refresh():
            self._cpu_s[process] = _cpu_s(process) or 0.0  # what they used before is not this run's
            if memory := _memory(process):  # nor is what they once held
                self.peaks[process.pid] = ProcessPeak(
                    process.pid, memory.name, vm_hwm_before_bytes=memory.high_water_bytes
                )
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._sample_until_stopped()
        except (OSError, ValueError, LookupError, psutil.Error) as error:  # the run goes on without samples
            self.missing = f"sampling broke off ({type(error).__name__}: {error})"

    def _sample_until_stopped(self) -> None:
        due = time.monotonic()
        while True:
            self._sample(look=len(self.readings) % SLOW_EVERY == 0)
            due = max(due + INTERVAL_S, time.monotonic())
            if self._stop.wait(due - time.monotonic()):
                break
            self.lateness_s.append(time.monotonic() - due)
        self._tree.look_at_once()
        self._sample(look=True)  # neither a high-water mark nor a joule since the last tick is lost

    def _sample(self, *, look: bool) -> None:
        processes = self._tree.refresh()
        at_ns = time.monotonic_ns() - self._zero_ns
        rss_bytes = self._add_up(processes)
        other_cpu_s = self._other_cpu_s()
        if look:
            self._slow = self._look({process.pid for process in processes})
        now = self._slow if look else SlowReading(vram_bytes=self._slow.vram_bytes)
        self.readings.append(
            Reading(
                at_ns,
                rss_bytes,
                self._cpu_total_s,
                now.vram_bytes,
                other_cpu_s,
                now.gpu_j,
                now.cpu_j,
                now.throttle_reasons,
            )
        )
        self.own_cpu_s = time.thread_time()

    def _add_up(self, processes: Iterable[psutil.Process]) -> int | None:
        """RSS of them all, each noted with its peak and its CPU time; None when a root is not among those."""
        rss_bytes = 0
        unread = set(self._roots)
        for process in processes:
            memory = _memory(process)
            if memory is None:
                continue
            unread.discard(process.pid)
            peak = self.peaks.setdefault(process.pid, ProcessPeak(process.pid))
            peak.name = memory.name  # again each time: a child is seen before it becomes its program
            if (memory.high_water_bytes or peak.peak_rss_bytes) < OTHER_PROGRAM * peak.peak_rss_bytes:
                peak.peak_rss_bytes = 0  # it has become another program: what it held until then was its parent's
                peak.vm_hwm_before_bytes = None
            peak.peak_rss_bytes = max(peak.peak_rss_bytes, memory.rss_bytes)
            peak.vm_hwm_bytes = memory.high_water_bytes
            rss_bytes += memory.rss_bytes
            self._add_cpu(process)
        if unread and self.missing is None:
            self.missing = f"the server's process (pid {min(unread)}) ended, or may not be looked at"
        return None if unread or not self._roots else rss_bytes

    def _other_cpu_s(self) -> float:
        """CPU seconds of the whole machine since the first sample, less those of the processes here and of this tool.

        A process that ends between two samples takes what it used since the last one with it, to the others.
        """
        times = psutil.cpu_times()
        idle_s = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "steal", 0.0)
        guest_s = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # is in user and nice already
        other_s = float(sum(times)) - idle_s - guest_s - self._cpu_total_s - time.process_time()
        if self._busy_before_s is None:
            self._busy_before_s = other_s
        return other_s - self._busy_before_s

    def _add_cpu(self, process: psutil.Process) -> None:
        used = _cpu_s(process)
        if used is not None:
            self._cpu_total_s += max(0.0, used - self._cpu_s.get(process, 0.0))
            self._cpu_s[process] = used


def _cpu_s(process: psutil.Process) -> float | None:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)


class _Memory(NamedTuple):
    name: str
    rss_bytes: int
    high_water_bytes: int | None


def _memory(process: psutil.Process) -> _Memory | None:
    """None when the process is gone or may not be looked at."""
    if sys.platform == "linux":
        return _linux_memory(process.pid)
    try:
        memory = process.memory_info()
        return _Memory(process.name(), int(memory.rss), getattr(memory, "peak_wset", None))
    except psutil.Error:
        return None


def _linux_memory(pid: int, proc: Path = Path("/proc")) -> _Memory | None:
    """One read gives all figures at one instant: psutil would read twice, and has no VmHWM."""
    try:
        status = (proc / str(pid) / "status").read_bytes()
    except OSError:
        return None
    # by line feeds alone: a process may have any other control character in its name
    fields = dict(parts for line in status.split(b"\n") if len(parts := line.split(b":", 1)) == 2)
    rss_bytes, high_water_bytes = _bytes(fields.get(b"VmRSS")), _bytes(fields.get(b"VmHWM"))
    if not rss_bytes:
        return None  # a zombie, or nearly: its memory is gone
    name = fields[b"Name"].strip().decode("utf-8", "replace")
    return _Memory(name, rss_bytes, high_water_bytes)  # gVisor tells no mark


def _bytes(kib: bytes | None) -> int | None:
    return None if kib is None else int(kib.removesuffix(b"kB")) * 1024
