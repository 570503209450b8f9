"""Sides whose every figure is known beforehand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ollama_bench.compare.document import Pair, Row
from ollama_bench.compare.sides import Side, make_side
from ollama_bench.observed import Observed, Resources
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TimedPhase
from ollama_bench.verdict import Policy
from tests.examples import SECOND_NS, example_plan, example_result, example_trials

STARTED = datetime(2026, 11, 23, 17, 0, 0, tzinfo=UTC)


def run(
    name: str, latency_s: Sequence[float] = (0.9, 1.0, 1.1), phase: TimedPhase = "warm", **changes: Any
) -> RunResult:
    """A good run `name` with these latencies in `phase`; `rss_bytes` and `minute` (of its start) are its own."""
    minute, rss_bytes = changes.pop("minute", 0), changes.pop("rss_bytes", 500_000_000)
    plan = changes.pop("plan", None) or example_plan(changes.pop("model", "llama3.2:1b"))
    trials = [
        trial.model_copy(update={"end_ns": round(latency_s[trial.index] * SECOND_NS)})
        if trial.phase == phase
        else trial
        for trial in changes.pop("trials", None) or example_trials(plan)
        if trial.phase != phase or trial.index < len(latency_s)
    ]
    return example_result(
        trials,
        plan,
        observed=changes.pop("observed", Observed(resources=Resources(interval_s=0.1, peak_rss_bytes=rss_bytes))),
        policy=Policy(max_short_latency_s=1e6, min_gen_tok_s=1e-6),
        **{"id": name, "started_at": STARTED + timedelta(minutes=minute)} | changes,
    )


def side(place: int, *results: RunResult) -> Side:
    """A side of these runs, each in a file of its name."""
    return make_side(place, f"side-{place}", [(f"{result.id}.json", result) for result in results])


def runs_of(name: str, medians_s: Sequence[float], **changes: Any) -> list[RunResult]:
    """One run for each median, its warm latencies 10 % to either side, made one every minute."""
    return [
        run(f"{name}{place}", [0.9 * middle, middle, 1.1 * middle], minute=place, **changes)
        for place, middle in enumerate(medians_s)
    ]


def row(pair: Pair, metric: str) -> Row:
    """The one of that metric."""
    return next(row for row in pair.rows if row.metric == metric)
