"""The sampler's peak RSS against a process that holds a known amount, and what sampling costs.

Peak: as `ollama_bench/selftest/memory.py` says, with more memory. Cost: CPU time of sampling two processes with 300
idle ones on the machine, and with others that start all the time.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from report import Check

from ollama_bench.sampler import INTERVAL_S, Sampler
from ollama_bench.selftest.figures import LIMITS
from ollama_bench.selftest.memory import measure_memory, off_percent

CPU_LIMIT_PERCENT = LIMITS.cost_percent.median
IDLE_PROCESSES = 300


def check_peak_rss(*, quick: bool) -> list[Check]:
    """What the sampler saw of a child against what the child held and against its own high-water mark."""
    memory = measure_memory((30 if quick else 300) * 1_000_000)
    assert not isinstance(memory, str), memory
    peak_bytes, held_bytes, high_water_bytes = memory.peak_rss_bytes, memory.held_bytes, memory.high_water_bytes
    note = f"peak_rss_bytes {peak_bytes:,}"
    return [
        _off("peak RSS of a child, off its VmHWM", peak_bytes, high_water_bytes, note),
        _off("peak RSS of a child, off what it held", peak_bytes, held_bytes, f"held {held_bytes:,}"),
        _off("vm_hwm_bytes of a child, off its VmHWM", memory.vm_hwm_bytes, high_water_bytes, f"{high_water_bytes:,}"),
    ]


def check_sampler_cost(*, quick: bool) -> list[Check]:
    """Per cent of one core: all of it, set-up included; as the sampler states it; and while processes start."""
    seconds = 1 if quick else 15
    with _processes(["sleep", "600"], IDLE_PROCESSES // 10 if quick else IDLE_PROCESSES) as idle:
        note = f"{seconds} s at {1 / INTERVAL_S:g} Hz, {len(idle)} idle processes"
        watched = [process.pid for process in idle[:2]]
        all_percent, stated_percent = _cost_percent(watched, seconds)
        with _processes(["sh", "-c", "while sleep 0.05; do :; done"], 1):
            _, busy_percent = _cost_percent(watched, seconds)
    return [
        Check("CPU of sampling, set-up included", all_percent, "% of a core", CPU_LIMIT_PERCENT, note),
        Check("CPU of sampling, sampler_cpu_s", stated_percent, "% of a core", CPU_LIMIT_PERCENT),
        Check("CPU of sampling, 20 starts a second", busy_percent, "% of a core", CPU_LIMIT_PERCENT),
    ]


def _cost_percent(pids: list[int], seconds: float) -> tuple[float, float]:
    """CPU by the process's clock, and by the sampler's own, in per cent of the time that passed."""
    start_s, start_cpu_s = time.monotonic(), time.process_time()
    with Sampler(pids, time.monotonic_ns()) as sampler:
        time.sleep(seconds)
    elapsed_s, cpu_s = time.monotonic() - start_s, time.process_time() - start_cpu_s
    return 100 * cpu_s / elapsed_s, 100 * sampler.own_cpu_s / elapsed_s


def _off(name: str, measured_bytes: int | None, true_bytes: int | None, note: str) -> Check:
    off = off_percent(measured_bytes or 0, true_bytes)
    return Check(name, float("nan") if off is None else abs(off), "%", LIMITS.memory_percent.median, note)


@contextmanager
def _processes(command: list[str], count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        while len(processes) < count:
            processes.append(subprocess.Popen(command))
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
