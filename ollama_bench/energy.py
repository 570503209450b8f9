"""Energy that the machine used: NVML's counters for the GPUs, RAPL's for the CPU packages. None is no error.

Both count whole devices: what else runs on them is in the figure.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.gpu import Gpus

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class EnergyReading:
    """Joules since the meter was made. None is not measured.

    `gpu_j` may fall once, when the devices that serve are first named: until then it is that of all.
    """

    gpu_j: float | None
    cpu_j: float | None


class EnergyMeter:
    """Reads the energy counters of this machine.

    CPU: every package domain of Linux's power capping framework (the driver intel_rapl serves AMD too); memory and
    accelerators are in it only as far as they are in the package. Its counters wrap, after some ten minutes to an hour
    of full load: read at least once a minute. GPU: the devices on which the processes that serve the model hold memory.
    """

    def __init__(self, gpus: Gpus, powercap: Path = POWERCAP) -> None:
        self._gpus = gpus
        self._devices = [None if count_j is None else _Counter(count_j) for count_j in gpus.energy_j()]
        self._used_j = [0.0] * len(self._devices)
        self._serving: frozenset[int] = frozenset()
        """All devices that were ever named."""
        try:
            self._packages, rapl_missing = _packages(powercap), None
        except OSError as error:
            self._packages, rapl_missing = [], _why(error)
        self._cpu_j = 0.0
        self.gpu_reason = None if any(self._devices) else _no_counter(gpus)
        """Why NVML counts nothing; None where it answered when the meter was made."""
        self.cpu_reason = None if self._packages else rapl_missing or f"no CPU package in {powercap}"
        """The same of RAPL."""

    def read(self, pids: set[int]) -> EnergyReading:
        """What was used so far; `pids` are the processes that serve the model now.

        The GPUs on which they hold memory, or held some before, count from the start. As long as NVML names none
        (before the load; in a container), all GPUs count, since nothing better is known. `gpu_j` is None while one that
        counts has no counter.
        """
        self._serving |= self._gpus.holders(pids) or frozenset()
        for index, (counter, count_j) in enumerate(zip(self._devices, self._gpus.energy_j(), strict=True)):
            self._used_j[index] += counter.step(count_j) if counter else 0.0
        for package in self._packages:
            self._cpu_j += package.step()
        return EnergyReading(self._gpu_j(), self._cpu_j if self._packages else None)

    def _gpu_j(self) -> float | None:
        counting = self._serving or range(len(self._devices))
        if not counting or any(self._devices[index] is None for index in counting):
            return None
        return sum(self._used_j[index] for index in counting)


def _no_counter(gpus: Gpus) -> str:
    return "no energy counter on this GPU" if gpus.devices else gpus.reason or "no GPU"


class _Counter:
    """A counter that grows, and at some value may begin again."""

    def __init__(self, last: float, wraps_at: float = 0.0) -> None:
        self._last, self._wraps_at = last, wraps_at

    def step(self, now: float | None) -> float:
        """What was added since the last time; 0 if it cannot be read now: that comes with the next time."""
        if now is None:
            return 0.0
        added = now - self._last
        self._last = now
        return added if added >= 0 else max(0.0, added + self._wraps_at)


class _Package:
    """One CPU package. Raises OSError when it cannot be read."""

    def __init__(self, domain: Path) -> None:
        self._file = domain / "energy_uj"
        self._counter = _Counter(_microjoules_as_j(self._file), _microjoules_as_j(domain / "max_energy_range_uj"))

    def step(self) -> float:
        """Joules since the last time."""
        try:
            return self._counter.step(_microjoules_as_j(self._file))
        except OSError:
            return self._counter.step(None)


def _packages(powercap: Path) -> list[_Package]:
    """All of them, or none: part of the energy would pass for the whole. Raises OSError.

    A package may have its core and memory as domains of their own (`intel-rapl:0:0`), be there a second time
    (`intel-rapl-mmio:0`), and stand beside the whole platform ("psys"): none of these is added to it.
    """
    domains = [domain for domain in sorted(powercap.iterdir()) if re.fullmatch(r"intel-rapl:\d+", domain.name)]
    return [_Package(domain) for domain in domains if (domain / "name").read_bytes().startswith(b"package")]


def _microjoules_as_j(file: Path) -> float:
    try:
        return int(file.read_bytes()) / 1e6
    except ValueError as error:
        raise OSError(None, "holds no number", str(file)) from error


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"{error.filename} is not readable by this user (root only since kernel 5.10)"
    return f"{error.filename}: {error.strerror}"
