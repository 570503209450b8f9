"""The sampler's peak RSS against a process that holds a known amount, and what sampling costs.

Peak: under a root that the sampler is given, a child starts after sampling has begun (as a server's runner does), holds
a known number of touched bytes for half a second, gives them back, and tells what it held and its VmHWM. Cost: CPU time
of sampling two processes with 300 idle ones on the machine, and with others that start all the time.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from report import Check

from ollama_bench.sampler import INTERVAL_S, Sampler
from ollama_bench.usage import summarize_usage

RSS_LIMIT_PERCENT = 1.0
CPU_LIMIT_PERCENT = 1.0
IDLE_PROCESSES = 300

ROOT = """
import subprocess, sys
sys.stdin.readline()
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
print(child.pid, flush=True)
child.wait()
sys.stdin.read()
"""

CHILD = """
import mmap, sys, time
from pathlib import Path
def kept(key):
    return int(Path("/proc/self/status").read_text().split(key + ":")[1].split()[0]) * 1024
size = int(sys.argv[1])
before = kept("VmRSS")
held = mmap.mmap(-1, size)
for offset in range(0, size, mmap.PAGESIZE):
    held[offset] = 1
time.sleep(0.5)
held.close()
time.sleep(0.3)
print(before + size, kept("VmHWM"), flush=True)
"""


def check_peak_rss(*, quick: bool) -> list[Check]:
    """The child's entry in `resources.processes` against what it held and against its own high-water mark."""
    size_bytes = (30 if quick else 300) * 1_000_000
    with _root(size_bytes) as root, Sampler([root.pid], time.monotonic_ns()) as sampler:
        assert root.stdin is not None
        assert root.stdout is not None
        root.stdin.write("start\n")
        root.stdin.flush()
        child_pid = int(root.stdout.readline())
        held_bytes, high_water_bytes = map(int, root.stdout.readline().split())
    resources = summarize_usage(
        sampler.readings,
        list(sampler.peaks.values()),
        [],
        interval_s=INTERVAL_S,
        sampler_cpu_s=sampler.own_cpu_s,
        reason=None,
    )
    entry = next(process for process in resources.processes if process.pid == child_pid)
    told_bytes = entry.vm_hwm_bytes or 0
    note = f"peak_rss_bytes {entry.peak_rss_bytes:,}"
    return [
        _off("peak RSS of a child, off its VmHWM", entry.peak_rss_bytes, high_water_bytes, note),
        _off("peak RSS of a child, off what it held", entry.peak_rss_bytes, held_bytes, f"held {held_bytes:,}"),
        _off("vm_hwm_bytes of a child, off its VmHWM", told_bytes, high_water_bytes, f"VmHWM {high_water_bytes:,}"),
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


def _off(name: str, measured_bytes: int, true_bytes: int, note: str) -> Check:
    return Check(name, 100 * abs(measured_bytes / true_bytes - 1), "%", RSS_LIMIT_PERCENT, note)


@contextmanager
def _root(size_bytes: int) -> Iterator[subprocess.Popen[str]]:
    """The root waits for a line, then starts the child; it ends when stdin closes."""
    command = [sys.executable, "-c", ROOT, CHILD, str(size_bytes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


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
