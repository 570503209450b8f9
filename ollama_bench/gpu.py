"""NVIDIA GPUs through NVML: what there is, what processes hold on them, energy, throttling. No GPU is no error.

No question raises: what the binding, the driver or the device does not know, or may not tell, is None or empty.
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pynvml

from ollama_bench.scorecard import Gpu

# Questions by name, the newest form first: a driver or a binding may know only one of them. The process lists have
# their version in the name, since without it an older driver raises what is no NVMLError.
COMPUTE_PROCESSES = ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2")
GRAPHICS_PROCESSES = ("nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2")
CLOCK_REASONS = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")

THROTTLES = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
}
"""Bits of nvmlClocksEventReasons (nvml.h). The others are wishes (clock settings, sync boost) or idleness."""


@dataclass(frozen=True)
class Gpus:
    """The GPUs of this machine that this user may use, while NVML is open."""

    devices: tuple[Gpu, ...] = ()
    reason: str | None = None
    """Why there are none."""
    _handles: tuple[Any, ...] = field(default=(), repr=False)

    def used_by(self, pids: set[int]) -> int | None:
        """Bytes of GPU memory that `pids` hold together; None where NVML cannot tell (no GPU, a container, WSL)."""
        held = [used for handle in self._handles for used in _held(handle, pids).values() if used is not None]
        return sum(held) if held else None

    def holders(self, pids: set[int]) -> frozenset[int] | None:
        """Indices into `devices` of those on which `pids` hold memory, however little: a CUDA context is enough.

        None where NVML names none, be it that they use no GPU or that it cannot tell (a container, WSL).
        """
        return frozenset(index for index, handle in enumerate(self._handles) if _held(handle, pids)) or None

    def energy_j(self) -> tuple[float | None, ...]:
        """Joules that each of `devices` used since its driver was loaded; None where it does not count (before Volta).

        Source: nvmlDeviceGetTotalEnergyConsumption, in millijoules, of the whole device whoever uses it.
        """
        counts_mj = [_ask(("nvmlDeviceGetTotalEnergyConsumption",), handle) for handle in self._handles]
        return tuple(None if count_mj is None else count_mj / 1000 for count_mj in counts_mj)

    def throttle_reasons(self, pids: set[int]) -> tuple[str, ...]:
        """What slows the clocks right now of a device on which `pids` hold memory, as in `THROTTLES`.

        Of any device where NVML does not name them; empty also where it is not told.
        """
        bits = 0
        for index in self.holders(pids) or range(len(self._handles)):
            bits |= _ask(CLOCK_REASONS, self._handles[index]) or 0
        return tuple(name for bit, name in THROTTLES.items() if bits & bit)


@contextmanager
def open_gpus() -> Iterator[Gpus]:
    """NVML, for as long as the block lasts."""
    reason = _init()
    if reason is not None:
        yield Gpus(reason=reason)
        return
    try:
        handles = tuple(_handles())
        yield Gpus(tuple(map(_describe, handles)), None if handles else "no GPU that this user may use", handles)
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _init() -> str | None:
    """Open NVML; why that cannot be."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        if error.value == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
            return "no NVIDIA driver (its library cannot be loaded)"
        return str(error).rstrip(".").lower()  # such as "driver not loaded"
    return None


def _handles() -> Iterator[Any]:
    for index in range(_ask(("nvmlDeviceGetCount",)) or 0):
        handle = _ask(("nvmlDeviceGetHandleByIndex",), index)
        if handle is not None:  # else one that this user may not use
            yield handle


def _describe(handle: Any) -> Gpu:
    memory = _ask(("nvmlDeviceGetMemoryInfo",), handle)
    return Gpu(
        name=_ask(("nvmlDeviceGetName",), handle) or "NVIDIA GPU",
        memory_bytes=getattr(memory, "total", None),
        free_bytes=getattr(memory, "free", None),
        driver=_ask(("nvmlSystemGetDriverVersion",)),
    )


def _held(handle: Any, pids: set[int]) -> dict[int, int | None]:
    """Those of `pids` that are on this device, and the bytes that each holds; None where that is not told."""
    held: dict[int, int | None] = {}
    for names in (COMPUTE_PROCESSES, GRAPHICS_PROCESSES):
        for process in _ask(names, handle) or ():
            if process.pid in pids:  # one that uses both is in both lists, with the same figure
                held[process.pid] = process.usedGpuMemory or held.get(process.pid, process.usedGpuMemory)
    return held


def _ask(names: tuple[str, ...], *arguments: Any) -> Any:
    """The answer to the first of these questions that is known; None where none is."""
    for name in names:
        question = getattr(pynvml, name, None)
        if question is not None:
            with contextlib.suppress(pynvml.NVMLError, UnicodeDecodeError):
                return question(*arguments)
    return None
