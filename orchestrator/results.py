"""A run as it is stored, the pinned baseline, and the summary that is made from runs. Pure."""

from collections.abc import Sequence
from statistics import fmean, median, stdev
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from orchestrator.scenario import Json
from orchestrator.slo import Check, Figure, Slo, check
from orchestrator.stats import Interval, quantile, quantile_interval

SCHEMA_VERSION = 1

NS_PER_MS = 1_000_000
BYTES_PER_MB = 1_000_000

Nanoseconds = Annotated[int, Field(ge=0, le=10**18)]
Milliseconds = Annotated[float, Field(ge=0, le=1e12)]
"""Both up to 31 years: nothing that is computed from them overflows."""


class Document(BaseModel):
    """Frozen; keys that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: int = SCHEMA_VERSION


class Named(Document):
    """Any of our documents, as far as one needs to know whose it is."""

    name: str = Field(min_length=1)


class BenchRun(Named):
    """One run in one worker process."""

    kind: str
    source: str
    """The source and the options that the scenario was found with."""
    options: dict[str, Any] = {}
    group: str
    """Runs that one command made, or that were added to them by the gate, share it."""
    started_at: str
    """UTC, with microseconds; unique and sortable within a group."""
    iterations: int
    warmup: int
    cache: Literal["off", "on"] = "off"
    """`on` where the cache was asked for; what a scenario does unasked is in its context."""
    experiment: bool = False
    """Part of a comparison of cache modes."""
    usual: bool = True
    """Whether the cache mode is the one that the scenario has unasked."""
    samples_ns: list[Nanoseconds] = []
    metrics: dict[str, list[float | None]] = {}
    """One value an iteration, in the same order as `samples_ns`."""
    yardstick_ns: list[Nanoseconds] = []
    """What the same fixed piece of work took after each iteration; empty where nobody timed it."""
    peak_rss_bytes: int | None = None
    digest: str | None = None
    cache_hits: int | None = None
    others_cpu_percent: float | None = None
    """What other processes used of the whole machine's CPU just before the run; None where nobody looked."""
    environment: dict[str, Json] = {}
    context: dict[str, Json] = {}
    failure: str | None = None
    """Why there are no samples."""
    setup_exit_code: int | None = None
    """Of the BenchError that set-up ended with: the failure is the user's to mend, not the scenario's."""
    log: str = ""
    """The end of what a failed worker wrote to stderr."""

    @model_validator(mode="after")
    def _samples_or_failure(self) -> "BenchRun":
        if not self.samples_ns and self.failure is None:
            raise ValueError("a run has samples or a failure")
        return self

    @property
    def samples_ms(self) -> list[float]:
        """Raw, in order."""
        return [value / NS_PER_MS for value in self.samples_ns]

    @property
    def yardstick_mean_ns(self) -> float | None:
        """The mean, because a machine that was slow for a part of a run was slow for the run's p95."""
        return fmean(self.yardstick_ns) if self.yardstick_ns else None

    @property
    def is_cache_run(self) -> bool:
        """Such runs are no candidates of the gate."""
        return self.cache == "on" or self.experiment or not self.usual


class Baseline(Named):
    """What the gate holds candidates against; pinned by a person, never moved by itself."""

    pinned_at: str
    iterations: int = Field(ge=1)
    warmup: int = Field(ge=0)
    source: str
    options: dict[str, Any] = {}
    environment: dict[str, Json]
    context: dict[str, Json]
    digest: str | None
    p50_ms: float
    p95_ms: float
    peak_rss_mb: float | None
    others_cpu_percent: float | None = None
    """Of its runs, the median."""
    yardstick_mean_ns: Annotated[float, Field(gt=0, le=1e18)] | None = None
    """Of its runs, the median: how fast the machine was."""
    runs_ms: list[Annotated[list[Milliseconds], Field(min_length=1)]] = Field(min_length=1)


class Summary(Named):
    """`summary.json`: all samples of a group of runs taken together; null where nothing was measured."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, serialize_by_alias=True)

    kind: str
    iterations: int
    warmup: int
    runs: int
    samples: int
    p50_ms: float | None = None
    p90_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    mean_ms: float | None = None
    stdev_ms: float | None = None
    p50_ci95_ms: Interval = (None, None)
    p95_ci95_ms: Interval = (None, None)
    """No upper bound exists below 59 samples."""
    peak_rss_mb: float | None = None
    extra_metrics: dict[str, dict[str, float | int | None]] = {}
    cache: Literal["off", "on", "compare"] = "off"
    cache_hits: int | None = None
    cache_savings: dict[str, Any] | None = None
    environment: dict[str, Json] = {}
    context: dict[str, Json] = {}
    digest: str | None = None
    timestamp: str
    objectives: dict[str, float] = {}
    passed: dict[str, bool | None] = Field(
        default={}, serialization_alias="pass", validation_alias=AliasChoices("pass", "passed")
    )
    """By objective; null where its metric was not measured."""
    failures: list[str] = []


def summarize(runs: Sequence[BenchRun], slo: Slo) -> Summary:
    """Describe `runs`, at least one, of one scenario."""
    first, good = runs[0], [run for run in runs if run.failure is None]
    values = pooled_ms(runs)
    digests = {run.digest for run in good}
    hits = [run.cache_hits for run in good if run.cache_hits is not None]
    checks = check(slo, figures(runs))
    return Summary(
        name=first.name,
        kind=first.kind,
        iterations=first.iterations,
        warmup=first.warmup,
        runs=len(runs),
        samples=len(values),
        **(_times(values) if values else {}),
        peak_rss_mb=_peak_mb(good),
        extra_metrics={name: _described(_pooled_metric(good, name)) for name in _metric_names(good)},
        cache=first.cache,
        cache_hits=sum(hits) if hits else None,
        environment=good[0].environment if good else {},
        context=good[0].context if good else {},
        digest=digests.pop() if len(digests) == 1 else None,
        timestamp=runs[-1].started_at,
        objectives={found.objective.key: found.objective.limit for found in checks},
        passed={found.objective.key: found.passed for found in checks},
        failures=[run.failure for run in runs if run.failure is not None],
    )


def checks_of(runs: Sequence[BenchRun], slo: Slo) -> list[Check]:
    """The objectives against these runs."""
    return check(slo, figures(runs))


def pooled_ms(runs: Sequence[BenchRun]) -> list[float]:
    """All samples, run after run."""
    return [value for run in runs for value in run.samples_ms]


def typical_load(runs: Sequence[BenchRun]) -> float | None:
    """The median of what other processes used of the CPU before each run; None where nobody looked."""
    known = [run.others_cpu_percent for run in runs if run.others_cpu_percent is not None]
    return median(known) if known else None


def typical_yardstick_ns(runs: Sequence[BenchRun]) -> float | None:
    """The median of the runs' mean yardsticks; None where nobody timed it."""
    known = [run.yardstick_mean_ns for run in runs if run.yardstick_mean_ns is not None]
    return median(known) if known else None


def figures(runs: Sequence[BenchRun]) -> dict[str, Figure]:
    """What objectives can refer to: p50_ms, p95_ms, peak_rss_mb, and METRIC.p50 and METRIC.p95 of further metrics."""
    good = [run for run in runs if run.failure is None]
    found: dict[str, Figure] = {}
    for prefix, values in (
        ("", pooled_ms(good)),
        *((f"{name}.", _pooled_metric(good, name)) for name in _metric_names(good)),
    ):
        if values:
            for label, q in (("p50", 0.5), ("p95", 0.95)):
                key = f"{prefix}{label}" if prefix else f"{label}_ms"
                found[key] = Figure(quantile(values, q), len(values), quantile_interval(values, q))
    peak = _peak_mb(good)
    if peak is not None:
        found["peak_rss_mb"] = Figure(peak, len(good), (None, None))
    return found


def _times(values: Sequence[float]) -> dict[str, Any]:
    return {
        **{f"p{percent}_ms": quantile(values, percent / 100) for percent in (50, 90, 95, 99)},
        "min_ms": min(values),
        "max_ms": max(values),
        "mean_ms": fmean(values),
        "stdev_ms": stdev(values) if len(values) > 1 else None,
        "p50_ci95_ms": quantile_interval(values, 0.5),
        "p95_ci95_ms": quantile_interval(values, 0.95),
    }


def _described(values: Sequence[float]) -> dict[str, float | int | None]:
    if not values:
        return {"n": 0, "mean": None, "p50": None, "p95": None, "min": None, "max": None}
    middle, tail = quantile(values, 0.5), quantile(values, 0.95)
    return {
        "n": len(values), "mean": fmean(values), "p50": middle, "p95": tail, "min": min(values), "max": max(values)
    }  # fmt: skip


def _metric_names(runs: Sequence[BenchRun]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run.metrics))


def _pooled_metric(runs: Sequence[BenchRun], name: str) -> list[float]:
    return [value for run in runs for value in run.metrics.get(name, []) if value is not None]


def _peak_mb(runs: Sequence[BenchRun]) -> float | None:
    peaks = [run.peak_rss_bytes for run in runs if run.peak_rss_bytes is not None]
    return max(peaks) / BYTES_PER_MB if peaks else None
