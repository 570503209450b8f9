"""What processes used in a stretch of time, as a table for people. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ollama_bench.usage import Reading
from orchestrator.columns import columns

NS_PER_S = 1_000_000_000
BYTES_PER_MB = 1_000_000

Readings = Mapping[str, Sequence[Reading]]
"""By the name of the process."""


@dataclass(frozen=True)
class Used:
    """By one process and its children; None where it was not seen then."""

    cpu_percent: float | None
    """Of one core, mean."""
    rss_bytes: int | None
    """The most at any instant."""


def used_between(readings: Sequence[Reading], start_ns: int, end_ns: int) -> Used:
    """From the last reading at or before `start_ns` to the last one at or before `end_ns`."""
    before = [reading for reading in readings if reading.at_ns <= start_ns][-1:]
    inside = [reading for reading in readings if start_ns < reading.at_ns <= end_ns]
    memory = [reading.rss_bytes for reading in inside if reading.rss_bytes is not None]
    seen = [*before, *inside]
    if not memory or len(seen) < 2:
        return Used(None, max(memory, default=None))
    cpu_s = seen[-1].cpu_s - seen[0].cpu_s
    return Used(100 * cpu_s * NS_PER_S / (seen[-1].at_ns - seen[0].at_ns), max(memory))


def snapshots(readings: Readings, start_ns: int, end_ns: int) -> Iterator[tuple[str, str]]:
    """File names with their text: before the load, every second under it, after it. It lasted from start to end."""
    last_ns = max((reading.at_ns for one in readings.values() for reading in one), default=end_ns)
    yield "snapshot-before.txt", _table("before the load", readings, [(0, start_ns)])
    seconds = [(at, min(at + NS_PER_S, end_ns)) for at in range(start_ns, end_ns, NS_PER_S)]
    yield "snapshot-during.txt", _table("under load, second by second", readings, [*seconds, (start_ns, end_ns)])
    yield "snapshot-after.txt", _table("after the load", readings, [(end_ns, last_ns)])


def _table(when: str, readings: Readings, stretches: Sequence[tuple[int, int]]) -> str:
    head = ["s", *(f"{name} {unit}" for name in readings for unit in ("CPU %", "RSS MB"))]
    rows = [head, *(_row(readings, *stretch) for stretch in stretches)]
    if len(stretches) > 1:
        rows[-1][0] = "all"
    note = "CPU: mean, in per cent of one core; RSS: peak, in 10^6 bytes; children included; -: not seen then"
    return f"The processes {when}.\n{note}\n\n{columns(rows, right=range(len(head)))}\n"


def _row(readings: Readings, start_ns: int, end_ns: int) -> list[str]:
    found = [used_between(one, start_ns, end_ns) for one in readings.values()]
    cells = [cell for used in found for cell in (_cell(used.cpu_percent, 1), _cell(used.rss_bytes, BYTES_PER_MB))]
    return [f"{end_ns / NS_PER_S:.1f}", *cells]


def _cell(value: float | None, unit: int) -> str:
    return "-" if value is None else f"{value / unit:.1f}"
