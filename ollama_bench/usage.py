"""Sums up what the sampler saw: peaks, mean CPU while requests were under way, the timeline. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ollama_bench.observed import ProcessUsage, Resources, TimelinePoint
from ollama_bench.trial import TIMED_PHASES, TimedPhase, Trial

MAX_GAP_S = 1.0
"""Between two samples: ten times the interval. Beyond it nobody knows what was in between."""

MIN_PHASE_S = 0.5
"""Under way, for a phase to have a load of its own: five samples, on which a tick of the clock is 2 % of a core."""


@dataclass(frozen=True)
class Reading:
    """All the serving processes, and the machine, at one instant."""

    at_ns: int
    """Monotonic, from the start of the run."""
    rss_bytes: int | None
    """Summed over the processes; None when they could not be seen whole (the next two are not whole either then)."""
    cpu_s: float
    """CPU seconds that they have used since sampling began, user and system."""
    vram_bytes: int | None
    other_cpu_s: float | None = None
    """CPU seconds that all processes but these and this tool have used since sampling began."""
    gpu_j: float | None = None
    cpu_j: float | None = None
    """Joules since sampling began; None at an instant at which nobody looked."""
    throttle_reasons: tuple[str, ...] = ()
    """Why a GPU's clocks were held down at this instant, where somebody looked."""


@dataclass
class ProcessPeak:
    """One process over the whole run."""

    pid: int
    name: str = ""
    peak_rss_bytes: int = 0
    vm_hwm_bytes: int | None = None
    """The kernel's own high-water mark, as last read; None where the system keeps none."""
    vm_hwm_before_bytes: int | None = None
    """The same of this program when sampling began; None where it was not there yet."""


def summarize_usage(
    readings: Sequence[Reading],
    peaks: Sequence[ProcessPeak],
    trials: Sequence[Trial],
    *,
    interval_s: float,
    sampler_cpu_s: float,
    reason: str | None,
    missing: str | None = None,
) -> Resources:
    """The `resources` of the document.

    `reason` says why the processes cannot be seen at all, `missing` why they could not be at times: every figure that
    is None has one of them.
    """
    timeline = make_timeline(readings)
    vram_bytes, vram_source = _vram(timeline, trials)
    seen_bytes = [point.rss_bytes for point in timeline if point.rss_bytes is not None]
    missing = missing or (None if seen_bytes else "nothing was sampled yet")
    return Resources(
        peak_rss_bytes=max(seen_bytes, default=None),
        cpu_percent_mean=mean_cpu_percent(timeline, trials),
        peak_vram_bytes=vram_bytes,
        vram_source=vram_source,
        interval_s=interval_s,
        samples=len(seen_bytes),
        sampler_cpu_s=sampler_cpu_s,
        processes=tuple(
            ProcessUsage(
                pid=peak.pid,
                name=peak.name,
                peak_rss_bytes=peak.peak_rss_bytes,
                vm_hwm_bytes=peak.vm_hwm_bytes,
                vm_hwm_before_bytes=peak.vm_hwm_before_bytes,
            )
            for peak in peaks
        ),
        timeline=tuple(timeline),
        unsampled_s=None if reason else unsampled_s(timeline, trials),
        reason=reason or missing,
    )


def make_timeline(readings: Sequence[Reading]) -> list[TimelinePoint]:
    """Readings as the document keeps them: times to the millisecond, CPU as a rate since the point before."""
    points = []
    previous: Reading | None = None
    for reading in readings:
        cpu_percent = other_percent = None
        if previous is not None and reading.at_ns > previous.at_ns:
            elapsed_s = (reading.at_ns - previous.at_ns) / 1e9
            if reading.rss_bytes is not None and previous.rss_bytes is not None:
                cpu_percent = round(100 * (reading.cpu_s - previous.cpu_s) / elapsed_s, 2)
            if reading.other_cpu_s is not None and previous.other_cpu_s is not None:
                other_percent = round(100 * (reading.other_cpu_s - previous.other_cpu_s) / elapsed_s, 2)
        points.append(
            TimelinePoint(
                t_s=round(reading.at_ns / 1e9, 3),
                rss_bytes=reading.rss_bytes,
                cpu_percent=cpu_percent,
                vram_bytes=None if reading.rss_bytes is None else reading.vram_bytes,
                other_cpu_percent=other_percent,
                gpu_j=reading.gpu_j,
                cpu_j=reading.cpu_j,
            )
        )
        previous = reading
    return points


def mean_cpu_percent(
    timeline: Sequence[TimelinePoint],
    trials: Sequence[Trial],
    of: Literal["cpu_percent", "other_cpu_percent"] = "cpu_percent",
) -> float | None:
    """CPU in per cent of one core, averaged over the time in which a good timed request was under way.

    Each point's rate counts for as much of the interval before it as lies within requests; idle time does not dilute
    the figure, so that it says what generating costs, or what else ran beside it.
    """
    busy = [window for trial in trials if trial.phase != "quality" and (window := window_s(trial))]
    weighted = total_s = 0.0
    for _, after, overlap_s in _overlaps(timeline, busy):
        percent: float | None = getattr(after, of)
        if percent is not None:
            weighted += overlap_s * percent
            total_s += overlap_s
    return weighted / total_s if total_s > 0 else None


def other_cpu_by_phase(timeline: Sequence[TimelinePoint], trials: Sequence[Trial]) -> dict[TimedPhase, float]:
    """CPU of others while the requests of each phase were under way, in per cent of one core.

    A phase of less than `MIN_PHASE_S` is left out: CPU times come in ticks of 10 ms and samples at intervals.
    """
    found: dict[TimedPhase, float] = {}
    for phase in TIMED_PHASES:
        own = [trial for trial in trials if trial.phase == phase]
        under_way_s = sum(end_s - start_s for start_s, end_s in filter(None, map(window_s, own)))
        percent = mean_cpu_percent(timeline, own, "other_cpu_percent")
        if percent is not None and under_way_s >= MIN_PHASE_S:
            found[phase] = max(0.0, percent)
    return found


def other_cpu_of_all(timeline: Sequence[TimelinePoint]) -> float | None:
    """CPU of others from the first sample to the last, requests or none, in per cent of one core."""
    rates = [
        (point.other_cpu_percent, point.t_s - before.t_s)
        for before, point in pairwise(timeline)
        if point.other_cpu_percent is not None
    ]
    total_s = sum(elapsed_s for _, elapsed_s in rates)
    return sum(percent * elapsed_s for percent, elapsed_s in rates) / total_s if total_s > 0 else None


def unsampled_s(timeline: Sequence[TimelinePoint], trials: Sequence[Trial]) -> float:
    """How long good requests were under way, quality too, with no sample of the whole server within `MAX_GAP_S`."""
    busy = [window for trial in trials if (window := window_s(trial))]
    seen_s = sum(
        overlap_s
        for before, after, overlap_s in _overlaps(timeline, busy)
        if before.rss_bytes is not None and after.rss_bytes is not None and after.t_s - before.t_s <= MAX_GAP_S
    )
    return max(0.0, sum(end_s - start_s for start_s, end_s in busy) - seen_s)


def throttle_reasons(readings: Sequence[Reading], trials: Sequence[Trial]) -> set[str]:
    """Why a GPU's clocks were held down while a good timed request was under way."""
    busy = [window for trial in trials if trial.phase != "quality" and (window := window_s(trial))]
    return {
        reason
        for reading in readings
        if reading.throttle_reasons and any(start_s <= reading.at_ns / 1e9 <= end_s for start_s, end_s in busy)
        for reason in reading.throttle_reasons
    }


def _overlaps(
    timeline: Sequence[TimelinePoint], windows: Sequence[tuple[float, float]]
) -> Iterator[tuple[TimelinePoint, TimelinePoint, float]]:
    """Neighbouring points with the seconds between them that lie in a window, for each window (start, end)."""
    moments_s = [point.t_s for point in timeline]
    for start_s, end_s in windows:
        first = max(0, bisect_right(moments_s, start_s) - 1)
        last = bisect_left(moments_s, end_s) + 1
        for before, after in pairwise(timeline[first:last]):
            yield before, after, max(0.0, min(after.t_s, end_s) - max(before.t_s, start_s))


def window_s(trial: Trial) -> tuple[float, float] | None:
    """When a good request was under way, in seconds from the start of the run; None for one that failed."""
    if not trial.ok or trial.end_ns is None:
        return None
    return trial.started_ns / 1e9, (trial.started_ns + trial.end_ns) / 1e9


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
