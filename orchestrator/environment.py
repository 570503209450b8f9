"""The machine and the interpreter, as far as they change how long something takes."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path

from orchestrator.scenario import Json

BUSY_PERCENT = 10.0
"""Of the whole machine's CPU; measured beside other processes that use more, a time may be theirs."""

_LOOK_S = 0.2


def others_cpu_percent() -> float | None:
    """What is in use of the whole machine's CPU, watched for a moment. Asked for while nothing of ours runs, this is
    the load by others; a constant one would show in no other figure. None where the system does not tell.
    """
    import psutil

    try:
        return psutil.cpu_percent(interval=_LOOK_S)
    except (psutil.Error, OSError, NotImplementedError):
        return None


def fingerprint() -> dict[str, Json]:
    """What must be alike for two runs to be comparable. No host name: a fleet of equal machines is one environment."""
    return {
        "system": platform.system(),
        "kernel": ".".join(platform.release().split(".")[:2]),
        "architecture": platform.machine(),
        "cpu": _cpu_model(),
        "cores": _usable_cores(),
        "ram_gib": _ram_gib(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def is_busy(others_percent: float | None) -> bool:
    """Whether so much of the CPU was in use by others that it deserves a word."""
    return others_percent is not None and others_percent > BUSY_PERCENT


def differences(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[str]:
    """One `key: old -> new` for each key in which two fingerprints differ; empty when they are alike."""
    return [
        f"{key}: {_shown(old, key)} -> {_shown(new, key)}"
        for key in sorted(old.keys() | new.keys())
        if _shown(old, key) != _shown(new, key)
    ]


def _shown(environment: Mapping[str, Json], key: str) -> str:
    return json.dumps(environment[key], ensure_ascii=False) if key in environment else "absent"


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name"))
    return next(names, platform.processor())


def _usable_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _ram_gib() -> int | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
    except (AttributeError, ValueError, OSError):
        return None
