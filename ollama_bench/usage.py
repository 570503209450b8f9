"""Sums up what the sampler saw: peaks, mean CPU while requests were under way, the timeline. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ollama_bench.scorecard import ProcessUsage, Resources, TimelinePoint
from ollama_bench.trial import Trial


@dataclass(frozen=True)
class Reading:
    """All the serving processes at one instant."""

    at_ns: int
    """Monotonic, from the start of the run."""
    rss_bytes: int
    """Summed over the processes."""
    cpu_s: float
    """CPU seconds that they have used since sampling began, user and system."""
    vram_bytes: int | None


@dataclass
class ProcessPeak:
    """One process over the whole run."""

    pid: int
    name: str = ""
    peak_rss_bytes: int = 0
    vm_hwm_bytes: int | None = None
    """The kernel's own high-water mark, as last read; None where the system keeps none."""


def summarize_usage(
    readings: Sequence[Reading],
    peaks: Sequence[ProcessPeak],
    trials: Sequence[Trial],
    *,
    interval_s: float,
    sampler_cpu_s: float,
    reason: str | None,
) -> Resources:
    """The `resources` of the document. Without readings every figure is None, and `reason` says why."""
    timeline = make_timeline(readings)
    vram_bytes, vram_source = _vram(timeline, trials)
    return Resources(
        peak_rss_bytes=max((point.rss_bytes for point in timeline), default=None),
        cpu_percent_mean=mean_cpu_percent(timeline, trials),
        peak_vram_bytes=vram_bytes,
        vram_source=vram_source,
        interval_s=interval_s,
        samples=len(timeline),
        sampler_cpu_s=sampler_cpu_s,
        processes=tuple(
            ProcessUsage(
                pid=peak.pid, name=peak.name, peak_rss_bytes=peak.peak_rss_bytes, vm_hwm_bytes=peak.vm_hwm_bytes
            )
            for peak in peaks
        ),
        timeline=tuple(timeline),
        reason=reason,
    )


def make_timeline(readings: Sequence[Reading]) -> list[TimelinePoint]:
    """Readings as the document keeps them: times to the millisecond, CPU as a rate since the point before."""
    points = []
    previous: Reading | None = None
    for reading in readings:
        cpu_percent = None
        if previous is not None and reading.at_ns > previous.at_ns:
            cpu_percent = 100 * (reading.cpu_s - previous.cpu_s) / ((reading.at_ns - previous.at_ns) / 1e9)
        points.append(
            TimelinePoint(
                t_s=round(reading.at_ns / 1e9, 3),
                rss_bytes=reading.rss_bytes,
                cpu_percent=None if cpu_percent is None else round(cpu_percent, 2),
                vram_bytes=reading.vram_bytes,
            )
        )
        previous = reading
    return points


def mean_cpu_percent(timeline: Sequence[TimelinePoint], trials: Sequence[Trial]) -> float | None:
    """CPU in per cent of one core, averaged over the time in which a good timed request was under way.

    Each point's rate counts for as much of the interval before it as lies within requests; idle time does not dilute
    the figure, so that it says what generating costs.
    """
    busy = [
        (trial.started_ns / 1e9, (trial.started_ns + trial.end_ns) / 1e9)
        for trial in trials
        if trial.ok and trial.end_ns is not None and trial.phase != "quality"
    ]
    weighted = total_s = 0.0
    for before, after in pairwise(timeline):
        if after.cpu_percent is None:
            continue
        overlap_s = sum(max(0.0, min(after.t_s, end) - max(before.t_s, start)) for start, end in busy)
        weighted += overlap_s * after.cpu_percent
        total_s += overlap_s
    return weighted / total_s if total_s > 0 else None


def _vram(
    timeline: Sequence[TimelinePoint], trials: Sequence[Trial]
) -> tuple[int | None, Literal["nvml", "api_ps"] | None]:
    """Peak and source: NVML per process, else the server's own estimate for the model."""
    sampled = [point.vram_bytes for point in timeline if point.vram_bytes is not None]
    if sampled:
        return max(sampled), "nvml"
    told = [
        trial.loaded_before.size_vram_bytes
        for trial in trials
        if trial.loaded_before is not None and trial.loaded_before.size_vram_bytes is not None
    ]
    return (max(told), "api_ps") if told else (None, None)
