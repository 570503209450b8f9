"""The sampler's peak RSS against a process that holds a known amount, and what sampling costs.

The process starts after sampling has begun, as a server's runner does, holds its bytes, gives them back, and tells what
it held and the kernel's own high-water mark.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from ollama_bench.sampler import Sampler
from ollama_bench.selftest.figures import Figure, Limits

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
    """Start a process that holds `size_bytes`, sampled from this one on; or why that cannot be had."""
    with try_sampling([os.getpid()]) as sampler:
        if sampler is None:
            return UNREADABLE
        command = [sys.executable, "-P", "-m", "ollama_bench.selftest.holder", str(size_bytes), str(HOLD_S)]
        with _started(command) as holder:
            told, _ = holder.communicate()
    if holder.returncode != 0:
        return f"a process could not hold {size_bytes / 1e6:.0f} MB (exit status {holder.returncode})"
    peak = sampler.peaks.get(holder.pid)
    return Memory(
        peak_rss_bytes=peak.peak_rss_bytes if peak else 0,
        vm_hwm_bytes=peak.vm_hwm_bytes if peak else None,
        **json.loads(told),
    )


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not hear Ctrl-C, and is killed where its output is not awaited to the end."""
    nothing = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, start_new_session=True
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
    """Peak RSS against what was held and against the kernel's mark, and that mark as the sampler read it."""
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
