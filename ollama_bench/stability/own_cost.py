"""Doubts about this tool's own part in the figures."""

from ollama_bench.stability.rule import Evidence, Found, Unknown

MAX_OWN_CPU_PERCENT = 5.0
"""Of one core: by the client while it reads, and by the sampler."""
MAX_LATE_SHARE = 0.05


def own_cost(evidence: Evidence) -> Found | Unknown | None:
    """Measuring took CPU itself."""
    cost = evidence.cost
    told = {"reading answers": cost.client_cpu_percent, "sampling": cost.sampler_cpu_percent} if cost else {}
    percents = {what: percent for what, percent in told.items() if percent is not None}
    if not percents:
        return Unknown("nothing was measured")
    what, percent = max(percents.items(), key=lambda item: item[1])
    if percent <= MAX_OWN_CPU_PERCENT:
        return None
    return Found(
        f"{what} took {percent:.1f} % of a core itself",
        "on few cores the model is slowed by as much: run ollama-bench on another machine with --host"
        if what == "reading answers"
        else "on few cores the model is slowed by as much: close what starts many processes, and run again",
    )


def late(evidence: Evidence) -> Found | Unknown | None:
    """Events came late."""
    cost = evidence.cost
    if cost is None or not cost.wakeups:
        return Unknown("nothing was sampled")
    if cost.late_wakeups <= MAX_LATE_SHARE * cost.wakeups:
        return None
    return Found(
        f"{cost.late_wakeups} of {cost.wakeups} events reached this tool more than 5 ms late "
        f"(the worst by {1e3 * (cost.worst_wakeup_s or 0):.0f} ms), and so may have chunks",
        "the machine is too busy for figures of this precision: close what else runs",
    )
