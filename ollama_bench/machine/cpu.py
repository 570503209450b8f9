"""How fast the CPU is allowed to run: governor, turbo, thermal throttling, battery; and on which cores a process is."""

from pathlib import Path

import psutil

from ollama_bench.machine.files import read_int, read_text

SYS = Path("/sys")


def governors(sys: Path = SYS) -> tuple[str, ...] | None:
    """The frequency governors in force, each named once, sorted; None where the system has or tells none."""
    found = {read_text(file) for file in _cpus(sys, "cpufreq/scaling_governor")}
    return tuple(sorted(name for name in found if name)) or None


def turbo(sys: Path = SYS) -> bool | None:
    """Whether the CPU may exceed its base frequency for as long as heat and power allow."""
    if (off := read_int(sys / "devices/system/cpu/intel_pstate/no_turbo")) is not None:
        return off == 0
    on = read_int(sys / "devices/system/cpu/cpufreq/boost")
    return None if on is None else on != 0


def throttle_count(sys: Path = SYS) -> int | None:
    """How often the CPU slowed itself down for heat since boot: events of cores, and of packages counted once each.

    Only Intel's driver tells (Documentation/ABI/testing/sysfs-devices-system-cpu, `thermal_throttle`).
    """
    cores = [read_int(file) for file in _cpus(sys, "thermal_throttle/core_throttle_count")]
    packages: dict[str | None, int] = {}
    for file in _cpus(sys, "thermal_throttle/package_throttle_count"):
        package = read_text(file.parents[1] / "topology/physical_package_id")
        packages[package] = max(packages.get(package, 0), read_int(file) or 0)
    known = [count for count in cores if count is not None]
    return sum(known) + sum(packages.values()) if known or packages else None


def battery(sys: Path = SYS) -> bool | None:
    """Whether the machine runs on its battery now; False too where it has none."""
    supplies = sys / "class/power_supply"
    if supplies.is_dir():
        return any(_discharges(supply) for supply in supplies.glob("*"))
    try:
        state = psutil.sensors_battery()
    except (AttributeError, NotImplementedError, OSError, ValueError, psutil.Error):
        return None
    return None if state is None or state.power_plugged is None else not state.power_plugged


def _discharges(supply: Path) -> bool:
    """Not the battery of a mouse or a headset, which has the scope "Device"."""
    of_machine = read_text(supply / "type") == "Battery" and read_text(supply / "scope") != "Device"
    return of_machine and read_text(supply / "status") == "Discharging"


def _cpus(sys: Path, file: str) -> list[Path]:
    return sorted((sys / "devices/system/cpu").glob(f"cpu[0-9]*/{file}"))


def allowed_cores(pid: int | None = None) -> int | None:
    """Logical cores on which process `pid`, by default this one, may run (taskset, cpusets); None where not told."""
    if not hasattr(psutil.Process, "cpu_affinity"):  # macOS
        return None
    try:
        return len(psutil.Process(pid).cpu_affinity() or ()) or None
    except psutil.Error:
        return None
