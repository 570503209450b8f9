"""Doubts about the machine: what else it did, what held it back, and whether the server was seen on it throughout."""

from ollama_bench.observed import Conditions, ProcessUsage
from ollama_bench.stability.rule import Evidence, Found, Unknown, not_told

MEMORY_TOLERANCE = 0.05
MAX_OTHER_CPU_PERCENT = 20.0
CLOCK_NOISE_PERCENT = 10.0
"""CPU times are counted in ticks, by process and by core: less than this may be the difference of their rounding."""
MAX_STEAL_PERCENT = 5.0
SWAP_TOLERANCE_BYTES = 1_000_000
MAX_UNSAMPLED_S = 1.0
POWER_CAP = "power cap"
"""No fault: a GPU at full load runs at its power limit."""


def swap(evidence: Evidence) -> Found | Unknown | None:
    """The machine swapped."""
    swapped = evidence.conditions.swapped_bytes
    if swapped is None:
        return not_told(evidence)
    if swapped <= SWAP_TOLERANCE_BYTES:
        return None
    return Found(
        f"{swapped / 1e6:.0f} MB were swapped in or out during the run",
        "the model and what else runs do not fit into memory: close programs, or take a smaller model",
    )


def other_load(evidence: Evidence) -> Found | Unknown | None:
    """Something else used the CPU."""
    percent, why_not = evidence.conditions.other_cpu_percent, evidence.conditions.other_cpu_reason
    if percent is None:
        return Unknown(why_not) if why_not else not_told(evidence)
    by_phase = evidence.conditions.other_cpu_percent_by_phase
    worst = max(by_phase, key=lambda phase: by_phase[phase], default=None)
    requests = "requests"
    if worst is not None and by_phase[worst] > percent:  # short, it may hide among long ones
        percent, requests = by_phase[worst], f"requests of the {worst} phase"
    if percent <= MAX_OTHER_CPU_PERCENT:
        return None
    here = " of this machine, not the server's," if evidence.conditions.reason else ""
    named = _named(evidence.conditions)
    return Found(
        f"other processes used {percent:.0f} % of a core{here} while {requests} were under way"
        + (f"; of a core over the whole run: {named}" if named else ""),
        "stop them and run again: the figures are those of a machine that is shared",
    )


def _named(conditions: Conditions) -> str:
    named = [f"{p.name} (pid {p.pid}) {p.cpu_percent:.0f} %" for p in conditions.other_processes[:3]]
    rest = conditions.other_unnamed_percent or 0.0
    if rest > CLOCK_NOISE_PERCENT:
        named.append(f"{rest:.0f} % by short-lived ones, or ones that you may not see")
    return ", ".join(named)


def steal(evidence: Evidence) -> Found | Unknown | None:
    """The virtual machine's host used the CPU."""
    percent = evidence.conditions.steal_percent
    if percent is None:
        return not_told(evidence)
    if percent <= MAX_STEAL_PERCENT:
        return None
    return Found(
        f"the host of this virtual machine kept back {percent:.0f} % of a core",
        "its other guests slow this one: run at another time, or on a machine of its own",
    )


def throttled(evidence: Evidence) -> Found | Unknown | None:
    """Heat or power held the clocks down."""
    conditions = evidence.conditions
    seen = [f"the CPU {conditions.throttle_events} times"] if conditions.throttle_events else []
    seen += [f"a GPU ({reason})" for reason in conditions.gpu_throttle_reasons if reason != POWER_CAP]
    if seen:
        return Found(f"throttled during the run: {', '.join(seen)}", "let the machine cool; see to its fans and power")
    return not_told(evidence) if conditions.throttle_events is None else None


def governor(evidence: Evidence) -> Found | None:
    """The clock follows the load."""
    governors = evidence.conditions.governors
    if governors is None or set(governors) == {"performance"}:
        return None
    return Found(
        f"the CPU's frequency governor is {', '.join(governors)}, not performance",
        "the clock follows the load, so short answers may look slower: `cpupower frequency-set -g performance`",
    )


def power_cap(evidence: Evidence) -> Found | None:
    """A GPU ran at its power limit."""
    if POWER_CAP not in evidence.conditions.gpu_throttle_reasons:
        return None
    return Found(
        "a GPU ran at its power limit", "usual at full load; `nvidia-smi -q -d POWER` shows whether it was lowered"
    )


def cpu_quota(evidence: Evidence) -> Found | None:
    """A container's quota held the server back."""
    held_s = evidence.conditions.cgroup_throttled_s
    if not held_s:
        return None
    return Found(
        f"a CPU quota of the container held the server back for {held_s:.1f} CPU-seconds",
        "the figures are those of the quota: raise it to see what the machine can do",
    )


def spilled(evidence: Evidence) -> Found | None:
    """Part of the model runs on the CPU."""
    for trial in evidence.trials:
        loaded = trial.loaded_before
        if loaded and loaded.size_bytes and loaded.size_vram_bytes and loaded.size_bytes > loaded.size_vram_bytes > 0:
            share = 100 * (1 - loaded.size_vram_bytes / loaded.size_bytes)
            return Found(
                f"{share:.0f} % of the model did not fit on the GPU and runs on the CPU",
                "free GPU memory, or take a smaller quantisation or --num-ctx "
                f"below {evidence.plan.num_ctx}: it would be much faster whole on the GPU",
            )
    return None


def sampled(evidence: Evidence) -> Found | Unknown | None:
    """The server's processes went out of sight."""
    resources = evidence.resources
    if resources.unsampled_s is None:
        return Unknown(resources.reason or "this document does not tell")
    if resources.unsampled_s <= MAX_UNSAMPLED_S and resources.reason is None:
        return None
    missed = f"for {resources.unsampled_s:.1f} s of its requests" if resources.unsampled_s >= 0.05 else "to the end"
    return Found(
        f"the server was not sampled {missed}" + (f": {resources.reason}" if resources.reason else ""),
        "memory and CPU are those of the rest: see whether the server was restarted or crashed, and run again",
    )


def memory(evidence: Evidence) -> Found | Unknown | None:
    """The kernel saw more memory than the sampler."""
    resources = evidence.resources
    if not resources.peak_rss_bytes:
        return Unknown(resources.reason or "nothing was sampled")
    told = [process for process in resources.processes if process.vm_hwm_bytes is not None]
    if not told:
        return not_told(evidence)
    tolerated_bytes = MEMORY_TOLERANCE * resources.peak_rss_bytes
    if sum(map(_missed_bytes, told)) <= tolerated_bytes:
        return None
    of_this_run = [process for process in told if process.vm_hwm_bytes != process.vm_hwm_before_bytes]
    if sum(map(_missed_bytes, of_this_run)) <= tolerated_bytes:
        return Unknown("the kernel's mark is from before the run")
    process = max(of_this_run, key=_missed_bytes)
    return Found(
        f"{process.name} (pid {process.pid}) once held {(process.vm_hwm_bytes or 0) / 1e6:.0f} MB by the kernel's own "
        f"mark, {process.peak_rss_bytes / 1e6:.0f} MB at the most when it was sampled",
        "a peak between two samples, or the system lags in its counts: run again, and trust the larger figure",
    )


def _missed_bytes(process: ProcessUsage) -> int:
    return max(0, (process.vm_hwm_bytes or 0) - process.peak_rss_bytes)
