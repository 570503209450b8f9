"""The load test of the Prism console: k6 on the stack, and what comes of it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.load.bounds import LoadConfig
from ollama_bench.load.files import Kept
from ollama_bench.load.k6 import Told, follow, k6_running, thresholds_kept
from ollama_bench.load.points import Point, parse_point
from ollama_bench.load.stack import Stack
from ollama_bench.load.summary import Summary, of_component
from ollama_bench.load.target import SCRIPT
from ollama_bench.load.usage import Used
from ollama_bench.load.watch import ProcessWatch

RAMP_S, QUICK_RAMP_S = 5, 1
HOLD_S, QUICK_HOLD_S = 30, 4
"""As in the script."""


@dataclass(frozen=True)
class Length:
    """How long the load rises, and how long it is held, in seconds."""

    ramp_s: int
    hold_s: int


@dataclass(frozen=True)
class Row:
    """One bound, and what was measured; None where nothing was."""

    component: str
    metric: str
    n: int
    """Requests, or jobs."""
    failed_checks: int
    """Of the component."""
    p50_ms: float | None
    p95_ms: float | None
    bound_p95_ms: float

    @property
    def kept(self) -> bool:
        """Whether the p95 is below its bound."""
        return self.p95_ms is not None and self.p95_ms < self.bound_p95_ms


@dataclass(frozen=True)
class PrismLoad:
    """What came of a load test that k6 carried out."""

    passed: bool
    """Whether every threshold was kept."""
    summary: Summary
    points: Sequence[Point]
    used: Mapping[str, Used]
    """By component, and by k6 itself, under load."""
    last_words: str
    """Of k6's log."""


def length(hold_s: int | None, *, quick: bool) -> Length:
    """Of a load that is held for `hold_s`, else for the usual time."""
    ramp_s, usual_s = (QUICK_RAMP_S, QUICK_HOLD_S) if quick else (RAMP_S, HOLD_S)
    return Length(ramp_s, hold_s or usual_s)


def environment(stack: Stack, length: Length) -> dict[str, str]:
    """What the script is told."""
    return {
        "UI_BASE_URL": stack.ui_url,
        "QUANTUM_BASE_URL": stack.quantum_url,
        "QUANTUM_TOKEN": stack.token,
        "MATERIALS_BASE_URL": stack.materials_url,
        "QUICK": "1" if length.ramp_s == QUICK_RAMP_S else "",
        "HOLD_S": str(length.hold_s),
    }


def load_stack(stack: Stack, kept: Kept, length: Length, told: Told) -> PrismLoad:
    """Load a running stack from the checkout that is the working directory.

    Raises BenchError: MissingExtraError, ServerError for a part of the stack that dies, LoadError for a run that k6 did
    not carry out, OutputError. Raises Interrupted with what was measured saved.
    """
    with tempfile.TemporaryDirectory(prefix="ollama-bench-") as folder, ProcessWatch() as watch:
        points = Path(folder) / "points.json"
        for component, pid in stack.pids.items():
            watch.add(component, pid)
        watch.load_begins()
        with k6_running(SCRIPT, environment(stack, length), *kept.arguments, "--out", f"json={points}") as k6:
            watch.add("k6", k6.process.pid)
            with kept.saving(watch) as save:
                save(follow(k6, told))
            stack.check()
            passed = thresholds_kept(k6)
            words = k6.last_words()
        with points.open(encoding="utf-8") as file:
            found = [point for line in file if (point := parse_point(line)) is not None]
    return PrismLoad(passed, kept.summary(), found, watch.used(), words)


def rows_of(summary: Summary, config: LoadConfig) -> list[Row]:
    """A row for each bound."""
    return [
        Row(
            component=component,
            metric=metric,
            n=summary.count(of_component(metric, component)),
            failed_checks=summary.count(of_component("checks", component), "fails"),
            p50_ms=summary.request_time(of_component(metric, component), "med"),
            p95_ms=summary.request_time(of_component(metric, component), "p(95)"),
            bound_p95_ms=bound_ms,
        )
        for component, bounds in config.bounds_p95_ms.items()
        for metric, bound_ms in bounds.items()
    ]
