"""Does the yardstick see what makes a bot slow, when the machine does?

    python -m benchmarks.yardstick [--seconds 120]

Runs the bots in turn, 20 iterations each, for as long as asked. Of each bot it prints how the logarithms of the runs'
medians (and p95) correlate with those of the yardstick's means. A run is slow when it is over 10 % above the quiet ones
(the lower quartile of all): how many of those does the yardstick not show? A run is quiet when it is less than 5 %
above them: how many of those would be left out? It means something on a machine that changes its speed; a load beside
it does that too.
"""

import math
import time
from collections.abc import Callable, Sequence
from statistics import correlation, fmean, median

import click

from orchestrator.bots import catalogue
from orchestrator.gate import SCREEN
from orchestrator.machine_speed import TOLERANCE
from orchestrator.results import BenchRun
from orchestrator.runner import RunSpec, run_once
from orchestrator.scenario import Found
from orchestrator.stats import quantile
from orchestrator.verdict import THRESHOLD

ITERATIONS, WARMUP = 20, 5


def rounds(seconds: float) -> dict[str, list[BenchRun]]:
    """Runs of each bot in turn."""
    bots = [Found(scenario, "bots", {}) for scenario in catalogue.list()]
    made: dict[str, list[BenchRun]] = {found.scenario.name: [] for found in bots}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for found in bots:
            made[found.scenario.name].append(run_once(found, RunSpec(ITERATIONS, WARMUP)))
    return made


def above_quiet(runs: Sequence[Sequence[float]], statistic: Callable[[Sequence[float]], float]) -> list[float]:
    """Logarithm of each run's statistic over that of the quiet ones."""
    logs = [math.log(statistic(run)) for run in runs]
    return [value - quantile(logs, 0.25) for value in logs]


def told(name: str, label: str, runs: Sequence[BenchRun], statistic: Callable[[Sequence[float]], float]) -> str:
    """One line."""
    times = above_quiet([run.samples_ms for run in runs], statistic)
    yardsticks = above_quiet([run.yardstick_ns for run in runs], fmean)
    shown = [value > math.log1p(TOLERANCE) for value in yardsticks]
    slow = [seen for value, seen in zip(times, shown, strict=True) if value > math.log1p(THRESHOLD)]
    quiet = [seen for value, seen in zip(times, shown, strict=True) if value < math.log1p(SCREEN)]
    return (
        f"{name:14} {label:6} correlation {correlation(times, yardsticks):.2f}; {len(slow)} of {len(runs)} runs slow, "
        f"{slow.count(False)} of them not shown; {len(quiet)} quiet, {quiet.count(True)} of them left out"
    )


@click.command(help=__doc__)
@click.option("--seconds", default=120.0, show_default=True)
def main(seconds: float) -> None:
    """Print two lines a bot."""
    for name, runs in rounds(seconds).items():
        print(told(name, "median", runs, median))
        print(told(name, "p95", runs, lambda run: quantile(run, 0.95)))


if __name__ == "__main__":
    main()
