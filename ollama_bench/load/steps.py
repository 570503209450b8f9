"""What each step of load/k6_ollama.js showed, and whether answers were late by waiting or by slow generation. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ollama_bench.load.summary import Summary

ARRIVALS = "arrivals"
_STEP = re.compile(r"checks\{step:(\w+)\}")

QUEUE_SHARE = 0.2
"""Of the time that answers take, all together: from here on a step is said to queue."""
SLOWED_TO = 0.8
"""Of the generation rate at the fewest streams: below it generation is said to be slower."""


@dataclass(frozen=True)
class Step:
    """A constant rate of arrivals, or so many streams at once. Times in ms; None where no answer was good."""

    name: str
    streams: int | None
    """None for the arrivals."""
    requests: int
    errors: int
    """Without those below."""
    busy: int
    """Answered 503: the server's own queue was full."""
    latency_mean_ms: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    ttfb_p50_ms: float | None
    ttfb_p95_ms: float | None
    queue_mean_ms: float | None
    queue_p50_ms: float | None
    """None too where the server does not tell its durations."""
    queue_p95_ms: float | None
    gen_tok_s: float | None
    """Of one stream, by the server: the median."""
    throughput_tok_s: float | None
    """Of all streams: tokens from the first request sent to the last answer ended; None too where none was told."""

    @property
    def queues(self) -> bool:
        """Whether requests spend much of their time waiting for others.

        By the means: where short and long requests take turns, the ones wait long and the others hardly, and the
        medians of the two are those of no request at all.
        """
        if self.queue_mean_ms is None or not self.latency_mean_ms:
            return False
        return self.queue_mean_ms >= QUEUE_SHARE * self.latency_mean_ms

    def is_slower_than(self, other: "Step") -> bool:
        """Whether a stream, once it is its turn, is generated more slowly than in `other`."""
        if self.gen_tok_s is None or other.gen_tok_s is None:
            return False
        return self.gen_tok_s < SLOWED_TO * other.gen_tok_s


def steps_of(summary: Summary) -> list[Step]:
    """The arrivals, then the streams in rising number. Raises ConfigurationError for a summary of something else."""
    names = {found[1] for name in summary.metrics if (found := _STEP.fullmatch(name))}
    return sorted((_step(name, summary) for name in names), key=lambda step: step.streams or 0)


def meaning(steps: Sequence[Step]) -> list[str]:
    """A sentence for each step with more streams than the first that was answered: what more streams cost."""
    streams = [step for step in steps if step.streams and step.latency_p50_ms]
    return [_sentence(streams[0], step) for step in streams[1:]]


def _sentence(first: Step, step: Step) -> str:
    latency, queue = (step.latency_mean_ms or 0) / 1e3, (step.queue_mean_ms or 0) / 1e3
    if step.gen_tok_s is None or first.gen_tok_s is None or step.queue_mean_ms is None:
        return f"{step.streams} streams: {latency:.2f} s an answer; the server does not say what it spent them on"
    waits = f"an answer waits {queue:.2f} s of its {latency:.2f} s for others (mean)"
    rate = f"{step.gen_tok_s:.1f} tok/s a stream, {first.gen_tok_s:.1f} with {first.streams}"
    if step.queues and step.is_slower_than(first):
        return f"{step.streams} streams: queueing and slow generation: {waits}, and then it gets {rate}"
    if step.queues:
        return f"{step.streams} streams: queueing, not slow generation: {waits}, and then it gets {rate}"
    if step.is_slower_than(first):
        return f"{step.streams} streams: slow generation, not queueing: {waits}; it gets {rate}"
    return f"{step.streams} streams: neither queueing nor slow generation: {waits}; it gets {rate}"


def _step(name: str, summary: Summary) -> Step:
    def trend(metric: str, statistic: str) -> float | None:
        return summary.trend(_of(metric, name), statistic)

    checks = f"checks{{step:{name}}}"
    first_ms, last_ms, tokens = trend("started", "min"), trend("ended", "max"), summary.count(_of("tokens", name))
    return Step(
        name=name,
        streams=None if name == ARRIVALS else int(name.rpartition("_")[2]),
        requests=summary.count(checks, "passes") + summary.count(checks, "fails"),
        errors=summary.count(_of("errors", name)),
        busy=summary.count(_of("busy", name)),
        latency_mean_ms=trend("latency", "avg"),
        latency_p50_ms=trend("latency", "med"),
        latency_p95_ms=trend("latency", "p(95)"),
        ttfb_p50_ms=trend("ttfb", "med"),
        ttfb_p95_ms=trend("ttfb", "p(95)"),
        queue_mean_ms=trend("queue", "avg"),
        queue_p50_ms=trend("queue", "med"),
        queue_p95_ms=trend("queue", "p(95)"),
        gen_tok_s=trend("gen_tok_s", "med"),
        throughput_tok_s=tokens / ((last_ms - first_ms) / 1e3) if tokens and first_ms is not None and last_ms else None,
    )


def _of(metric: str, step: str) -> str:
    return f"ollama_{metric}{{step:{step}}}"
