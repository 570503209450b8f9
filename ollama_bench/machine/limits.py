"""What stands between a process and the whole machine: a hypervisor, a container, a control group's limits."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.machine.files import read_int, read_keyed, read_text, to_int

SYS, PROC, ROOT = Path("/sys"), Path("/proc"), Path("/")
NO_LIMIT_BYTES = 1 << 60
"""A v1 group without a limit tells the largest page-aligned number, not "max"."""
CONTAINERS = (
    ("kubernetes", re.compile(r"kubepods")),
    ("podman", re.compile(r"libpod")),
    ("docker", re.compile(r"docker[-/][0-9a-f]{12}")),  # not docker.service, the daemon itself
    ("containerd", re.compile(r"cri-containerd|containerd[-/][0-9a-f]{12}")),
    ("lxc", re.compile(r"/lxc[./]")),
)
"""What a container's runtime leaves in the name of its control group."""
HYPERVISORS = re.compile(
    r"QEMU|KVM|VMware|VirtualBox|innotek|\bXen\b|Virtual Machine|Parallels|Google Compute|OpenStack"
)
"""Machines that name themselves so are virtual, also where the CPU has no flag that says it (ARM)."""


@dataclass(frozen=True)
class Limits:
    """What a process may use less than the hardware has. None means that there is no sign of a limit."""

    virtual_machine: str | None
    """The machine's own name for itself, else "yes"."""
    container: str | None
    """Such as "docker" or "kubernetes"."""
    cpu_cores: float | None
    """CPU time a second of wall time, at most."""
    memory_bytes: int | None
    memory_free_bytes: int | None = None
    """What is left of it, or of a larger limit above it that others share; what the kernel would give up first, file
    pages not used lately, counts as free. None where the use is not told."""
    machine_told: bool = True
    """Whether there was a place to look for signs of a virtual machine."""
    groups_told: bool = True
    """Whether there were control groups to look at."""


def limits(pid: int | None = None, sys: Path = SYS, proc: Path = PROC, root: Path = ROOT) -> Limits:
    """The limits of process `pid`, by default of this one: the smallest on its path of control groups, v1 and v2."""
    groups = _groups(pid, proc)
    memory = list(_memory_limits(groups, sys))
    return Limits(
        virtual_machine=_virtual_machine(sys, proc),
        container=_container(root, groups.values()),
        cpu_cores=min(_cpu_limits(groups, sys), default=None),
        memory_bytes=min((limit for limit, _ in memory), default=None),
        memory_free_bytes=min((max(0, limit - used) for limit, used in memory if used is not None), default=None),
        machine_told=_tells_of_hypervisors(sys, proc),
        groups_told=bool(groups) and (sys / "fs/cgroup").is_dir(),
    )


def cgroup_throttled_s(pid: int | None = None, sys: Path = SYS, proc: Path = PROC) -> float | None:
    """Seconds that a CPU limit held back process `pid`'s control group, and those above it, since they were made.

    Each level counts only what its own limit did, and counts every CPU that it stopped, so that the sum over levels
    can grow faster than the clock. None without a group that counts it (docs.kernel.org, cgroup-v2, `cpu.stat`).
    """
    found = []
    for folder in _folders("cpu", _groups(pid, proc), sys):
        told = read_keyed(folder / "cpu.stat")
        found += [told["throttled_usec"] / 1e6] if "throttled_usec" in told else []  # v2
        found += [told["throttled_time"] / 1e9] if "throttled_time" in told else []  # v1
    return sum(found) if found else None


def _cpu_limits(groups: dict[str, str], sys: Path) -> Iterator[float]:
    for folder in _folders("cpu", groups, sys):
        words = (read_text(folder / "cpu.max") or "").split()  # v2: "200000 100000", "max 100000"
        quota_us, period_us = (to_int(words[0]), to_int(words[1])) if len(words) == 2 else (None, None)
        if not words:
            quota_us, period_us = read_int(folder / "cpu.cfs_quota_us"), read_int(folder / "cpu.cfs_period_us")
        if quota_us and period_us and quota_us > 0 and period_us > 0:  # v1: -1 is no limit
            yield quota_us / period_us


def _memory_limits(groups: dict[str, str], sys: Path) -> Iterator[tuple[int, int | None]]:
    """Each limit with the bytes that are used of it (docs.kernel.org, cgroup-v2 and cgroup-v1/memory)."""
    for folder in _folders("memory", groups, sys):
        for limit_in, used_in, idle in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, used = read_int(folder / limit_in), read_int(folder / used_in)
            if limit is not None and 0 < limit < NO_LIMIT_BYTES:
                idle_bytes = read_keyed(folder / "memory.stat").get(idle, 0)
                yield limit, None if used is None else max(0, used - idle_bytes)


def _groups(pid: int | None, proc: Path) -> dict[str, str]:
    """The process's path in each hierarchy by controller; that of v2 by the empty name."""
    text = read_text(proc / ("self" if pid is None else str(pid)) / "cgroup") or ""
    rows = [line.split(":", 2) for line in text.splitlines()]
    return {name: row[2] for row in rows if len(row) == 3 for name in row[1].split(",")}


def _folders(controller: str, groups: dict[str, str], sys: Path) -> Iterator[Path]:
    """The process's folder and all above it, where `controller` is kept.

    The path is cut at what is not there: a container may see its own group as the root of all while the path is still
    that of the host.
    """
    mounts = sys / "fs/cgroup"
    for name, mount in ((controller, mounts / controller), ("", mounts), ("", mounts / "unified")):
        if name not in groups:
            continue
        parts = [part for part in groups[name].split("/") if part]
        if ".." in parts:  # outside of what this namespace shows
            continue
        yield from (mount.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))


def _tells_of_hypervisors(sys: Path, proc: Path) -> bool:
    """Whether the machine names itself, or its CPU has flags (those of ARM have none for it)."""
    return bool(_dmi_name(sys)) or re.search(r"^flags\s*:", read_text(proc / "cpuinfo") or "", re.MULTILINE) is not None


def _dmi_name(sys: Path) -> str:
    dmi = [read_text(sys / "class/dmi/id" / name) for name in ("sys_vendor", "product_name")]
    return " ".join(word for word in dmi if word)


def _virtual_machine(sys: Path, proc: Path) -> str | None:
    name = _dmi_name(sys)
    flags = re.search(r"^flags\s*:.*\bhypervisor\b", read_text(proc / "cpuinfo") or "", re.MULTILINE)
    if "microsoft" in (read_text(proc / "sys/kernel/osrelease") or "").lower():
        return "WSL"
    return (name or "yes") if flags or HYPERVISORS.search(name) else None


def _container(root: Path, group_paths: Iterable[str]) -> str | None:
    text = " ".join(group_paths)
    named = next((name for name, sign in CONTAINERS if sign.search(text)), None)
    if named is None and (root / ".dockerenv").exists():
        return "docker"
    return named or ("podman" if (root / "run/.containerenv").exists() else None)
