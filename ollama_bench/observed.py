"""What was seen of the serving processes, the machine around them and this tool: values of the document. Pure."""

from typing import Literal

from pydantic import Field

from ollama_bench.trial import TimedPhase
from ollama_bench.values import Frozen, Int64


class ProcessUsage(Frozen):
    """One serving process over the run."""

    pid: Int64
    name: str
    peak_rss_bytes: Int64
    vm_hwm_bytes: Int64 | None
    """The kernel's own high-water mark, as last read."""
    vm_hwm_before_bytes: Int64 | None = None
    """The same when sampling began; None for a process that was not there yet."""


class TimelinePoint(Frozen):
    """All the serving processes, and the machine, at one instant."""

    t_s: float
    """From the start of the run, as the trials' `started_ns`."""
    rss_bytes: Int64 | None
    """None when the processes could not be seen whole: a server on another machine, or one that ended."""
    cpu_percent: float | None
    """Of one core, since the point before; None at the first."""
    vram_bytes: Int64 | None
    other_cpu_percent: float | None = None
    """CPU of all processes but the serving ones and this tool, in per cent of one core, since the point before."""
    gpu_j: float | None = None
    """Energy of the GPUs that serve, from the start of the run."""
    cpu_j: float | None = None
    """Energy of the CPU packages, whole, from the start of the run."""


class Resources(Frozen):
    """What the serving processes used; None, with the reason, where they could not be sampled."""

    peak_rss_bytes: Int64 | None = None
    cpu_percent_mean: float | None = None
    """Of one core, over the time in which a timed request was under way."""
    peak_vram_bytes: Int64 | None = None
    vram_source: Literal["nvml", "api_ps"] | None = None
    """`api_ps` is the server's own estimate."""
    interval_s: float
    samples: Int64 = 0
    """Of the processes; the timeline has points without them too."""
    sampler_cpu_s: float = 0.0
    """CPU time that the sampling itself took, in this tool's process."""
    processes: tuple[ProcessUsage, ...] = ()
    timeline: tuple[TimelinePoint, ...] = ()
    unsampled_s: float | None = None
    """How long requests were under way while the processes were not sampled; None where they never can be."""
    reason: str | None = None
    """Why there is no figure, or why the samples do not span the run."""


class BusyProcess(Frozen):
    """A process that has nothing to do with the run, and took CPU from it."""

    pid: Int64
    name: str
    cpu_percent: float
    """Of one core, over the whole run."""


class Conditions(Frozen):
    """What else went on, on this machine, while the run was made. None: this system does not tell, or see `reason`."""

    governors: tuple[str, ...] | None = None
    """Of the CPU's frequency; several where cores differ."""
    other_cpu_percent: float | None = None
    """CPU of all other processes, in per cent of one core, over the time in which a timed request was under way."""
    other_cpu_percent_by_phase: dict[TimedPhase, float] = Field(default_factory=dict)
    """The same of each phase by itself; of those whose requests were long enough under way to tell."""
    other_cpu_reason: str | None = None
    """Why other_cpu_percent is None."""
    other_processes: tuple[BusyProcess, ...] = ()
    """The busiest of them."""
    other_unnamed_percent: float | None = None
    """CPU, of one core over the whole run, of others that ended unseen or may not be looked at."""
    steal_percent: float | None = None
    """CPU time that the host of this virtual machine kept back, in per cent of one core."""
    swapped_bytes: Int64 | None = None
    """Swapped in and out by the whole machine during the run."""
    throttle_events: Int64 | None = None
    """Thermal throttling of the CPU, as the kernel counts it."""
    gpu_throttle_reasons: tuple[str, ...] = ()
    """Why NVML said that a GPU's clocks were held down, while a timed request was under way."""
    cgroup_throttled_s: float | None = None
    """How long a CPU quota held the serving processes back."""
    reason: str | None = None
    """Why nothing could be seen of the server's machine."""


class Cost(Frozen):
    """What measuring itself took."""

    client_cpu_s: float
    """CPU time of reading the answers of the timed phases."""
    client_cpu_percent: float | None
    """The same, of one core, over the time that these requests took."""
    sampler_cpu_s: float
    sampler_cpu_percent: float | None
    """Of one core, over the run."""
    wakeups: Int64
    """How often the sampler was woken by the clock; it stands for any event that is waited for on this machine."""
    late_wakeups: Int64
    """Of these, the ones that came more than 5 ms late."""
    worst_wakeup_s: float | None


class Energy(Frozen):
    """Joules of the run; None, each with its reason, where nothing counts them."""

    gpu_j: float | None = None
    """Of the GPUs that hold the model, whole (NVML)."""
    gpu_reason: str | None = None
    cpu_j: float | None = None
    """Of the CPU packages, whole, whatever they ran (RAPL)."""
    cpu_reason: str | None = None
    joules_per_output_token: float | None = None
    """Of the real phase: energy while its requests were under way, by the tokens they generated; of both sources."""
    joules_per_output_token_reason: str | None = None
    sources: tuple[str, ...] = ()
    reason: str | None = None
    """Why there is no source at all."""


class Observed(Frozen):
    """All of it."""

    resources: Resources
    conditions: Conditions = Conditions()
    cost: Cost | None = None
    energy: Energy = Energy()
