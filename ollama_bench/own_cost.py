"""What measuring itself took, as the document states it. Pure."""

from collections.abc import Sequence

from ollama_bench.observed import Cost, TimelinePoint
from ollama_bench.trial import Trial

LATE_S = 0.005


def summarize_cost(
    trials: Sequence[Trial], timeline: Sequence[TimelinePoint], sampler_cpu_s: float, lateness_s: Sequence[float]
) -> Cost:
    """The `cost` of the document; `lateness_s` is how late each waking of the sampler was."""
    timed = [trial for trial in trials if trial.phase != "quality" and trial.client_cpu_ns is not None and trial.end_ns]
    client_s = sum(trial.client_cpu_ns or 0 for trial in timed) / 1e9
    under_way_s = sum(trial.end_ns or 0 for trial in timed) / 1e9
    sampled_s = timeline[-1].t_s - timeline[0].t_s if timeline else 0.0
    return Cost(
        client_cpu_s=client_s,
        client_cpu_percent=100 * client_s / under_way_s if under_way_s else None,
        sampler_cpu_s=sampler_cpu_s,
        sampler_cpu_percent=100 * sampler_cpu_s / sampled_s if sampled_s else None,
        wakeups=len(lateness_s),
        late_wakeups=sum(late_s > LATE_S for late_s in lateness_s),
        worst_wakeup_s=max(lateness_s, default=None),
    )
