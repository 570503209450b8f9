"""The machine that a run was made on."""

import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from ollama_bench.scorecard import Gpu, Hardware


def describe_hardware(gpus: Sequence[Gpu]) -> Hardware:
    """This machine, with the GPUs that were found on it."""
    cpu = _cpu_name()
    physical, logical = psutil.cpu_count(logical=False), psutil.cpu_count()
    ram_bytes = int(psutil.virtual_memory().total)
    cores = physical or logical
    parts = [
        _short(cpu) if cpu else platform.machine() or "unknown CPU",
        f"{cores} core{'' if cores == 1 else 's'}" if cores else "unknown cores",
        f"{ram_bytes / 2**30:.1f} GiB",
        ", ".join(_gpu_label(gpu) for gpu in gpus) or "no GPU",
    ]
    return Hardware(
        label=", ".join(parts),
        cpu=cpu,
        cores_physical=physical,
        cores_logical=logical,
        ram_bytes=ram_bytes,
        gpus=tuple(gpus),
        os=platform.platform(),
    )


def _cpu_name() -> str | None:
    if sys.platform == "linux":
        try:
            text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        found = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
        return found[1].strip() if found else None
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None
    return platform.processor() or None


def _short(cpu: str) -> str:
    """The name without marks, clock rates and core counts, which stand elsewhere or say nothing."""
    cpu = re.sub(r"\((?:R|TM|C)\)|®|™|@.*|\b(?:CPU|Processor)\b|\b\d+-Core\b", " ", cpu, flags=re.IGNORECASE)
    return " ".join(cpu.split())


def _gpu_label(gpu: Gpu) -> str:
    return gpu.name if gpu.memory_bytes is None else f"{gpu.name} {gpu.memory_bytes / 2**30:.0f} GiB"
