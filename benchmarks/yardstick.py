"""Does the yardstick see what makes a bot slow, when the machine does?

    python -m benchmarks.yardstick [--seconds 120]

Goes round the bots in runs of 20 iterations with a reading of the yardstick after each, as a worker does, for as long
as asked. Of each bot it prints how the logarithms of the runs' medians (and p95) correlate with those of the
yardstick's means, how many runs were over 10 % slower than the quiet ones (the lower quartile of all), and how many of
those the yardstick would not have shown. It means something on a machine that changes its speed; a load beside it does
that too.
"""

import math
import time
from collections.abc import Callable, Sequence
from statistics import correlation, fmean, median

import click

from orchestrator.bots import catalogue
from orchestrator.machine_speed import TOLERANCE
from orchestrator.stats import quantile
from orchestrator.verdict import THRESHOLD
from orchestrator.yardstick import reading_ns

ITERATIONS = 20
Run = tuple[list[int], list[int]]
"""Of 20 iterations the scenario's times and the yardstick's, in nanoseconds."""


def rounds(seconds: float) -> dict[str, list[Run]]:
    """Runs of each bot in turn."""
    scenarios = list(catalogue.list())
    made: dict[str, list[Run]] = {scenario.name: [] for scenario in scenarios}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for scenario in scenarios:
            with scenario.open(None) as session:
                session.iterate()
                pairs = [(session.iterate().duration_ns, reading_ns()) for _ in range(ITERATIONS)]
            made[scenario.name].append(([pair[0] for pair in pairs], [pair[1] for pair in pairs]))
    return made


def above_quiet(runs: Sequence[Sequence[int]], statistic: Callable[[Sequence[int]], float]) -> list[float]:
    """Logarithm of each run's statistic over that of the quiet ones."""
    logs = [math.log(statistic(run)) for run in runs]
    return [value - quantile(logs, 0.25) for value in logs]


def told(name: str, label: str, runs: Sequence[Run], statistic: Callable[[Sequence[int]], float]) -> str:
    """One line."""
    times, yardsticks = above_quiet([run[0] for run in runs], statistic), above_quiet([run[1] for run in runs], fmean)
    slow = [seen for value, seen in zip(times, yardsticks, strict=True) if value > math.log1p(THRESHOLD)]
    unseen = sum(seen <= math.log1p(TOLERANCE) for seen in slow)
    return (
        f"{name:14} {label:6} correlation {correlation(times, yardsticks):.2f}, {len(slow)} of {len(runs)} runs slow, "
        f"{unseen} of them not seen by the yardstick"
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
