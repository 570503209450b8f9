"""Joules of a run, and by output token, from the counters in the timeline. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from ollama_bench.observed import Energy, TimelinePoint
from ollama_bench.trial import Trial
from ollama_bench.usage import MAX_GAP_S, window_s

Counter = Sequence[tuple[float, float]]
"""(seconds, joules until then), ascending."""


def summarize_energy(
    timeline: Sequence[TimelinePoint], trials: Sequence[Trial], gpu_reason: str | None, cpu_reason: str | None
) -> Energy:
    """The `energy` of the document; the reasons say why a counter is not there."""
    gpu = _counter(timeline, "gpu_j")
    cpu = _counter(timeline, "cpu_j")
    gpu_reason = gpu_reason or _not_whole(gpu, timeline)
    cpu_reason = cpu_reason or _not_whole(cpu, timeline)
    if gpu_reason is None and not on_gpu(timeline, trials):
        gpu_reason = "the model ran on the CPU"
    counters = {"nvml": gpu} if gpu_reason is None else {}
    counters |= {"rapl": cpu} if cpu_reason is None else {}
    by_token = _by_token(tuple(counters.values()), trials)
    none_at_all = f"NVML: {gpu_reason}; RAPL: {cpu_reason}" if not counters else None
    no_answer = "the readings span no answer of the real phase whose tokens the server counted"
    return Energy(
        gpu_j=gpu[-1][1] - gpu[0][1] if gpu_reason is None else None,
        gpu_reason=gpu_reason,
        cpu_j=cpu[-1][1] - cpu[0][1] if cpu_reason is None else None,
        cpu_reason=cpu_reason,
        joules_per_output_token=by_token,
        joules_per_output_token_reason=None if by_token is not None else none_at_all or no_answer,
        sources=tuple(counters),
        reason=none_at_all,
    )


def _counter(timeline: Sequence[TimelinePoint], name: Literal["gpu_j", "cpu_j"]) -> Counter:
    return [(point.t_s, joules) for point in timeline if (joules := getattr(point, name)) is not None]


def _not_whole(counter: Counter, timeline: Sequence[TimelinePoint]) -> str | None:
    """Why the readings are not those of the run; None when they are."""
    if len(counter) < 2:
        return "its counter was not read twice"
    if counter[0][0] - timeline[0].t_s > MAX_GAP_S or timeline[-1].t_s - counter[-1][0] > MAX_GAP_S:
        return "its counter, or a GPU's that the model came to use, did not answer all the time"
    return None


def on_gpu(timeline: Sequence[TimelinePoint], trials: Sequence[Trial]) -> bool:
    """Whether the model was on a GPU at all: idle ones have no part in what it took."""
    told = (trial.loaded_before.size_vram_bytes for trial in trials if trial.loaded_before)
    return any(point.vram_bytes for point in timeline) or any(told)


def _by_token(counters: Sequence[Counter], trials: Sequence[Trial]) -> float | None:
    """Energy while the real requests were under way, by the tokens that they generated."""
    total_j, tokens = 0.0, 0
    for trial in trials:
        window = window_s(trial) if trial.phase == "real" else None
        if window is None or not trial.server.eval_count:
            continue
        spent = [joules for counter in counters if (joules := _between(counter, *window)) is not None]
        if spent and len(spent) == len(counters):
            total_j += sum(spent)
            tokens += trial.server.eval_count
    return total_j / tokens if tokens else None


def _between(counter: Counter, start_s: float, end_s: float) -> float | None:
    """Joules between two moments, by straight lines between the readings; None where readings do not reach so far."""
    if start_s < counter[0][0] or end_s > counter[-1][0]:
        return None
    return _at(counter, end_s) - _at(counter, start_s)


def _at(counter: Counter, moment_s: float) -> float:
    for (before_s, before_j), (after_s, after_j) in pairwise(counter):
        if before_s <= moment_s <= after_s:
            share = (moment_s - before_s) / (after_s - before_s) if after_s > before_s else 0.0
            return before_j + share * (after_j - before_j)
    return counter[-1][1]
