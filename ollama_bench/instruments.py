"""All that watches a run while it is made, and what they saw together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from ollama_bench.energy import EnergyMeter
from ollama_bench.energy_use import on_gpu, summarize_energy
from ollama_bench.gpu import Gpus
from ollama_bench.observed import Observed
from ollama_bench.own_cost import summarize_cost
from ollama_bench.sampler import INTERVAL_S, Sampler, SlowReading
from ollama_bench.server.locate import Located
from ollama_bench.trial import Trial
from ollama_bench.usage import mean_cpu_percent, other_cpu_by_phase, other_cpu_of_all, summarize_usage, throttle_reasons
from ollama_bench.watch import Watch


class Instruments:
    """Sampler, energy meter and watch over the machine, for the server that was `located`.

    They run from `with` to its end; `observed` can be asked at any time.
    """

    def __init__(self, located: Located, gpus: Gpus, zero_ns: int) -> None:
        self._located, self._gpus = located, gpus
        self._meter = EnergyMeter(gpus)
        self._sampler = Sampler(located.root_pids, zero_ns, self._look)
        self._watch = Watch(located, self._sampler.peaks.keys)

    def __enter__(self) -> Self:
        self._sampler.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._sampler.__exit__()

    def rss_bytes(self) -> int | None:
        """Of the serving processes, as last sampled. For any thread."""
        readings = self._sampler.readings
        return readings[-1].rss_bytes if readings else None

    def observed(self, trials: Sequence[Trial]) -> Observed:
        """What was seen until now, while `trials` were made."""
        sampler, meter, reason = self._sampler, self._meter, self._located.reason
        # copies: the sampler's thread goes on
        readings, peaks, lateness_s = list(sampler.readings), list(sampler.peaks.values()), list(sampler.lateness_s)
        if self._located.local and not self._located.root_pids:  # the server is one of the others then
            readings = [replace(reading, other_cpu_s=None) for reading in readings]
        resources = summarize_usage(
            readings,
            peaks,
            trials,
            interval_s=INTERVAL_S,
            sampler_cpu_s=sampler.own_cpu_s,
            reason=reason,
            missing=sampler.missing,
        )
        timeline = resources.timeline
        other_cpu_percent = mean_cpu_percent(timeline, trials, "other_cpu_percent")
        elsewhere = None if self._located.local else reason
        return Observed(
            resources=resources,
            conditions=self._watch.conditions(
                other_cpu_percent,
                throttle_reasons(readings, trials) if on_gpu(timeline, trials) else (),
                by_phase=other_cpu_by_phase(timeline, trials),
                of_all_percent=other_cpu_of_all(timeline),
            ),
            cost=summarize_cost(trials, timeline, sampler.own_cpu_s, lateness_s),
            energy=summarize_energy(timeline, trials, elsewhere or meter.gpu_reason, elsewhere or meter.cpu_reason),
        )

    def _look(self, pids: set[int]) -> SlowReading:
        self._watch.look()
        if not self._located.local:
            return SlowReading()
        energy = self._meter.read(pids)
        return SlowReading(self._gpus.used_by(pids), energy.gpu_j, energy.cpu_j, self._gpus.throttle_reasons(pids))
