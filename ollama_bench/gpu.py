"""NVIDIA GPUs through NVML: what there is, and how much memory a set of processes holds. No GPU is no error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pynvml

from ollama_bench.scorecard import Gpu


@dataclass(frozen=True)
class Gpus:
    """The GPUs of this machine, while NVML is open; empty where there is no driver or no GPU."""

    devices: tuple[Gpu, ...] = ()
    _handles: tuple[Any, ...] = field(default=(), repr=False)

    def used_by(self, pids: set[int]) -> int | None:
        """Bytes of GPU memory that `pids` hold together; None where NVML cannot tell (no GPU, a container, WSL)."""
        total, known = 0, False
        for handle in self._handles:
            processes: dict[int, int | None] = {}
            for list_processes in (
                pynvml.nvmlDeviceGetComputeRunningProcesses,
                pynvml.nvmlDeviceGetGraphicsRunningProcesses,
            ):
                try:  # a process that uses both is in both lists, with the same figure
                    processes |= {p.pid: p.usedGpuMemory for p in list_processes(handle)}
                except pynvml.NVMLError:
                    continue
            mine = [used for pid, used in processes.items() if pid in pids]
            known = known or any(used is not None for used in mine)
            total += sum(used or 0 for used in mine)
        return total if known else None


@contextmanager
def open_gpus() -> Iterator[Gpus]:
    """NVML, for as long as the block lasts."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver, no library, or no permission: all mean no GPU to measure
        yield Gpus()
        return
    try:
        handles = tuple(_handles())
        yield Gpus(tuple(_describe(handle) for handle in handles), handles)
    finally:
        pynvml.nvmlShutdown()


def _handles() -> Iterator[Any]:
    for index in range(pynvml.nvmlDeviceGetCount()):
        try:
            yield pynvml.nvmlDeviceGetHandleByIndex(index)
        except pynvml.NVMLError:  # one that this user may not use
            continue


def _describe(handle: Any) -> Gpu:
    return Gpu(
        name=_ask(pynvml.nvmlDeviceGetName, handle) or "NVIDIA GPU",
        memory_bytes=getattr(_ask(pynvml.nvmlDeviceGetMemoryInfo, handle), "total", None),
        driver=_ask(pynvml.nvmlSystemGetDriverVersion),
    )


def _ask(question: Any, *arguments: Any) -> Any:
    """The answer as text or as NVML's own structure; None where it is not supported."""
    try:
        answer = question(*arguments)
    except pynvml.NVMLError:
        return None
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
