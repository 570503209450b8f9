"""What else the machine does: CPU time of every process, swapping, time stolen by other virtual machines."""

import mmap
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from ollama_bench.machine.files import read_keyed

PROC = Path("/proc")

IDLE_PID = 0
"""Windows' "System Idle Process": its CPU time is what nobody used."""

Identity = tuple[int, float]
"""A process: its pid and when it was made, in seconds since boot (Linux) or since 1970. Pids are used again."""


@dataclass(frozen=True)
class ProcessCpu:
    """CPU seconds that a process has used since it was made, user and system."""

    pid: int
    name: str
    cpu_s: float


@dataclass(frozen=True)
class BusyProcess:
    """A process and its CPU time, in per cent of one core, over a while."""

    pid: int
    name: str
    cpu_percent: float


def cpu_by_process(proc: Path = PROC) -> dict[Identity, ProcessCpu]:
    """Every process that may be looked at. Names are what the processes call themselves: clean them to print them."""
    return dict(_from_proc(proc)) or dict(_from_psutil())


def busiest(
    before: Mapping[Identity, ProcessCpu],
    after: Mapping[Identity, ProcessCpu],
    elapsed_s: float,
    exclude: Collection[int],
    at_least_percent: float = 5.0,
) -> list[BusyProcess]:
    """The processes that used CPU between two looks, the busiest first; without the pids in `exclude`.

    One that was made in between counts from its birth; one that ended in between is not seen. Pure.
    """
    if elapsed_s <= 0:
        return []
    used_s = {
        identity: process.cpu_s - (before[identity].cpu_s if identity in before else 0.0)
        for identity, process in after.items()
        if process.pid not in exclude
    }
    found = [
        BusyProcess(after[identity].pid, after[identity].name, 100 * cpu_s / elapsed_s)
        for identity, cpu_s in used_s.items()
        if cpu_s > 0 and 100 * cpu_s / elapsed_s >= at_least_percent
    ]
    return sorted(found, key=lambda process: (-process.cpu_percent, process.pid))


def swapped_bytes(proc: Path = PROC) -> int | None:
    """Bytes moved to and from swap since boot, both ways together; None where the system does not count them."""
    told = read_keyed(proc / "vmstat")
    if "pswpin" in told and "pswpout" in told:
        return (told["pswpin"] + told["pswpout"]) * mmap.PAGESIZE
    if psutil.LINUX or psutil.WINDOWS:  # not told there; psutil would say 0
        return None
    if psutil.MACOS:  # what psutil tells there takes in pages of files, which any program reads all the time
        return None
    swap = psutil.swap_memory()
    return int(swap.sin + swap.sout)


def swap_used_bytes(proc: Path = PROC) -> int | None:
    """Bytes that lie in swap now."""
    told = read_keyed(proc / "meminfo")
    if "SwapTotal" in told and "SwapFree" in told:
        return (told["SwapTotal"] - told["SwapFree"]) * 1024
    return None if psutil.LINUX else int(psutil.swap_memory().used)


def steal_s() -> float | None:
    """CPU seconds since boot in which the hypervisor let others run while this machine wanted to (Linux only)."""
    stolen = getattr(psutil.cpu_times(), "steal", None)
    return None if stolen is None else float(stolen)


def _from_proc(proc: Path) -> Iterator[tuple[Identity, ProcessCpu]]:
    """From /proc/PID/stat (proc_pid_stat(5)): psutil takes ten times as long to say the same."""
    ticks = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0
    for folder in proc.glob("[0-9]*"):
        try:
            # the name stands in brackets, and may itself hold brackets, blanks and line ends
            start, _, end = (folder / "stat").read_bytes().rpartition(b")")
            fields = end.split()
            pid, name = int(folder.name), start.partition(b"(")[2].decode("utf-8", "replace")
            cpu_s = (int(fields[11]) + int(fields[12])) / ticks
            yield (pid, int(fields[19]) / ticks), ProcessCpu(pid, name, cpu_s)
        except (OSError, ValueError, IndexError):  # it has ended, or may not be looked at
            continue


def _from_psutil() -> Iterator[tuple[Identity, ProcessCpu]]:
    for process in psutil.process_iter(["name", "cpu_times", "create_time"]):
        times = process.info["cpu_times"]
        if times is not None and not (psutil.WINDOWS and process.pid == IDLE_PID):
            used = ProcessCpu(process.pid, process.info["name"] or "", times.user + times.system)
            yield (process.pid, process.info["create_time"] or 0.0), used
