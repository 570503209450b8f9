"""Joules of a run, and by output token, from the counters in the timeline. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from ollama_bench.observed import Energy, TimelinePoint
from ollama_bench.trial import Trial
from ollama_bench.usage import window_s

Counter = Sequence[tuple[float, float]]
"""(seconds, joules until then), ascending."""


def summarize_energy(
    timeline: Sequence[TimelinePoint], trials: Sequence[Trial], sources: Sequence[str], reason: str | None
) -> Energy:
    """The `energy` of the document; `sources` are the counters that there are, `reason` says why there is none."""
    counted = [(point.t_s, point.gpu_j) for point in timeline if point.gpu_j is not None]
    gpu = counted if _on_gpu(timeline, trials) else []
    cpu = [(point.t_s, point.cpu_j) for point in timeline if point.cpu_j is not None]
    counters = [counter for counter in (gpu, cpu) if len(counter) > 1]
    if not counters:
        idle = "the model ran on the CPU, which has no counter here" if counted and not gpu else None
        return Energy(reason=reason or idle or "no counter was read twice")
    return Energy(
        gpu_j=gpu[-1][1] - gpu[0][1] if len(gpu) > 1 else None,
        cpu_j=cpu[-1][1] - cpu[0][1] if len(cpu) > 1 else None,
        joules_per_output_token=_by_token(counters, trials),
        sources=tuple(s for s, counter in (("nvml", gpu), ("rapl", cpu)) if len(counter) > 1 and s in sources),
    )


def _on_gpu(timeline: Sequence[TimelinePoint], trials: Sequence[Trial]) -> bool:
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
        if len(spent) == len(counters):
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
