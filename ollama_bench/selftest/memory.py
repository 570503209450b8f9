"""The sampler's peak RSS against a process that holds a known amount, and what sampling costs.

The process starts after sampling has begun, as a server's runner does, holds its bytes, gives them back, and tells what
it held and the kernel's own high-water mark.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from ollama_bench.sampler import Sampler
from ollama_bench.selftest.figures import Figure, Limits
from orchestrator.start import start_process

HOLD_S = 0.8
"""On a busy machine the sampler sees a new process half a second after its start."""
UNREADABLE = "the figures of processes cannot be read here"


@dataclass(frozen=True)
class Memory:
    """One process that held memory: what the sampler saw of it, and the truth."""

    peak_rss_bytes: int
    """0 where the sampler missed it."""
    vm_hwm_bytes: int | None
    """The kernel's mark as the sampler read it; None where it reads none."""
    held_bytes: int
    high_water_bytes: int | None
    """The kernel's mark as the process read it; None where the system keeps none."""


def measure_memory(size_bytes: int) -> Memory | str:
    """Have a process hold `size_bytes` while its parent is sampled; or why that cannot be had."""
    with _holder(size_bytes) as holder, try_sampling([holder.pid]) as sampler:
        if sampler is None:
            return UNREADABLE
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write("start\n")
        holder.stdin.flush()
        pid, told = holder.stdout.readline(), holder.stdout.readline()
    if not told:
        return f"a process could not hold {size_bytes / 1e6:.0f} MB"
    peak = sampler.peaks.get(int(pid))
    return Memory(
        peak_rss_bytes=peak.peak_rss_bytes if peak else 0,
        vm_hwm_bytes=peak.vm_hwm_bytes if peak else None,
        **json.loads(told),
    )


@contextmanager
def _holder(size_bytes: int) -> Iterator[subprocess.Popen[str]]:
    """The parent of the process that holds; Ctrl-C does not reach them, and both end with it."""
    command = [sys.executable, "-P", "-m", "ollama_bench.selftest.holder", str(size_bytes), str(HOLD_S)]
    with start_process(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # does nothing to one that has ended


@contextmanager
def try_sampling(pids: Iterable[int]) -> Iterator[Sampler | None]:
    """The sampler at work on `pids`; None where the system does not let processes be looked at."""
    try:
        sampler = Sampler(pids, time.monotonic_ns())
    except (OSError, psutil.Error):
        yield None
        return
    with sampler:
        yield sampler


def memory_figures(memory: Memory | str, limits: Limits) -> list[Figure]:
    """The sampled peak RSS against what was held, and against the kernel's own mark."""
    limit = limits.memory_percent
    held = Figure("peak_rss_bytes_held", "peak RSS, against the bytes held", "memory", "%", limit)
    marked = Figure("peak_rss_bytes_vm_hwm", "peak RSS, against VmHWM", "memory", "%", limit)
    if isinstance(memory, str):
        return [held.of_one(None, memory), marked.of_one(None, memory)]
    return [
        held.of_one(off_percent(memory.peak_rss_bytes, memory.held_bytes), None),
        marked.of_one(
            off_percent(memory.peak_rss_bytes, memory.high_water_bytes), "this system keeps no high-water mark"
        ),
    ]


def cost_figure(sampler: Sampler | None, limits: Limits) -> Figure:
    """CPU time of sampling, in per cent of the time for which it went on."""
    figure = Figure("sampler_cpu_percent", "CPU of sampling, of one core", "cost", "%", limits.cost_percent)
    readings = sampler.readings if sampler else []
    if sampler is None or not readings or readings[-1].at_ns <= 0:
        return figure.of_one(None, UNREADABLE)
    return figure.of_one(100 * sampler.own_cpu_s / (readings[-1].at_ns / 1e9), None)


def off_percent(measured_bytes: int, true_bytes: int | None) -> float | None:
    """How far `measured_bytes` is from `true_bytes`; None where the truth is not known."""
    return None if not true_bytes else 100 * (measured_bytes / true_bytes - 1)
