"""What a cache saves: the same scenario with its cache avoided and met, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from orchestrator.artifacts import Artifacts
from orchestrator.clean import one_line
from orchestrator.keep import keep
from orchestrator.results import BenchRun, pooled_ms
from orchestrator.runner import RunSpec, now_utc, run_once
from orchestrator.scenario import Found
from orchestrator.slo import four_digits
from orchestrator.stats import Interval, quantile, quantile_interval
from orchestrator.tables import markdown_table

Told = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Mode:
    """One mode's samples in figures."""

    n: int
    p50_ms: float
    p50_ci95_ms: Interval
    p95_ms: float
    hits: int | None
    """Iterations whose result came from the cache; None where that cannot be told."""


@dataclass(frozen=True)
class CacheSavings:
    """Off beside on."""

    name: str
    off: Mode
    on: Mode
    speedup: float | None
    """Median off / median on; None where the latter is 0."""
    speedup_ci95: Interval

    def to_json(self) -> dict[str, object]:
        """For the summary."""
        return asdict(self)


def run_cache_experiment(
    found: Found,
    artifacts: Artifacts,
    spec: RunSpec | None = None,
    runs: int = 1,
    told: Told = lambda _run, _done, _total: None,
) -> tuple[list[BenchRun], CacheSavings | None]:
    """Measure both modes in turn, `runs` times each, and write `cache_savings.md`.

    Returns all runs (off, on, off, ...) and the savings, None when a run failed. Raises BenchError.
    """
    spec = replace(spec or RunSpec(), experiment=True)
    made: list[BenchRun] = []
    for index in range(2 * runs):

        def told_here(done: int, total: int, index: int = index) -> None:
            told(index, done, total)

        run = run_once(found, replace(spec, cache=index % 2 == 1), told_here)
        keep(run, artifacts)
        made.append(run)
    if any(run.failure is not None for run in made):
        return made, None
    savings = compare(made)
    path = artifacts.folder(found.scenario.name) / "cache_savings.md"
    artifacts.save_text(path, render(savings, made[0]))
    return made, savings


def compare(runs: Sequence[BenchRun]) -> CacheSavings:
    """Figures of both modes; `runs` has at least one good run of each.

    The speed-up's interval divides the ends of the medians' 97.5 % intervals, which hold together in 95 % of cases
    (Bonferroni); no distribution is assumed.
    """
    off, on = ([run for run in runs if run.cache == mode] for mode in ("off", "on"))
    off_ms, on_ms = pooled_ms(off), pooled_ms(on)
    off_ends, on_ends = quantile_interval(off_ms, 0.5, 0.975), quantile_interval(on_ms, 0.5, 0.975)
    return CacheSavings(
        name=runs[0].name,
        off=_mode(off),
        on=_mode(on),
        speedup=_ratio(quantile(off_ms, 0.5), quantile(on_ms, 0.5)),
        speedup_ci95=(_ratio(off_ends[0], on_ends[1]), _ratio(off_ends[1], on_ends[0])),
    )


def _ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None


def _mode(runs: Sequence[BenchRun]) -> Mode:
    values = pooled_ms(runs)
    hits = [run.cache_hits for run in runs if run.cache_hits is not None]
    return Mode(
        n=len(values),
        p50_ms=quantile(values, 0.5),
        p50_ci95_ms=quantile_interval(values, 0.5),
        p95_ms=quantile(values, 0.95),
        hits=sum(hits) if hits else None,
    )


def render(savings: CacheSavings, run: BenchRun) -> str:
    """The page `cache_savings.md`."""
    rows = [
        [
            label,
            str(mode.n),
            four_digits(mode.p50_ms),
            _interval(mode.p50_ci95_ms),
            four_digits(mode.p95_ms),
            "n/a" if mode.hits is None else f"{mode.hits} of {mode.n}",
        ]
        for label, mode in (("off", savings.off), ("on", savings.on))
    ]
    saved = savings.off.p50_ms - savings.on.p50_ms
    return "\n".join(
        [
            f"# Cache savings: {one_line(savings.name)}",
            "",
            markdown_table(["cache", "samples", "p50 ms", "95 % interval", "p95 ms", "hits"], rows),
            "",
            f"Speed-up of the median: **{_times(savings.speedup)}** (95 % interval "
            f"{' to '.join(map(_times, savings.speedup_ci95))}), "
            f"{four_digits(saved)} ms saved an iteration.",
            "",
            f"{run.iterations} iterations a run after {run.warmup} of warm-up, each run in a fresh process; "
            f"measured {now_utc()}. Hits are counted over the timed iterations.",
            "",
        ]
    )


def _interval(ends: Interval) -> str:
    return " to ".join("none" if end is None else four_digits(end) for end in ends)


def _times(factor: float | None) -> str:
    return "none" if factor is None else f"{factor:,.0f}x" if factor >= 100 else f"{factor:.3g}x"
