"""What the harness costs an iteration: a no-op scenario in a worker, beside `timeit`, in one run.

    python -m benchmarks.orchestrator_overhead [--iter 200000]

"in the time" is what a sample contains beyond the call itself; "around it" is what a worker's iteration takes besides,
without the yardstick, whose share of the wall time stands in the last line.
"""

import time
import timeit
from statistics import fmean, median

import click

from orchestrator.kinds import CallableScenario
from orchestrator.runner import RunSpec, run_once
from orchestrator.scenario import Found
from orchestrator.worker import Job, perform


def nothing() -> None:
    """The no-op."""


@click.command(help=__doc__)
@click.option("--iter", "iterations", default=200_000, show_default=True)
def main(iterations: int) -> None:
    """Print the four figures."""
    bare_ns = median(timeit.repeat(nothing, number=iterations, repeat=7)) / iterations * 1e9
    scenario = CallableScenario("no-op", "nothing", "benchmarks.orchestrator_overhead:nothing")
    started_ns = time.perf_counter_ns()
    run = run_once(Found(scenario, "user", {}), RunSpec(iterations, 1_000))
    wall_ns = time.perf_counter_ns() - started_ns
    if run.failure is not None:
        raise SystemExit(run.failure)
    sample_ns = median(run.samples_ns)
    started_ns = time.perf_counter_ns()
    perform(Job(scenario, iterations, 0, None), lambda _message: None, lambda: None)
    whole_ns = (time.perf_counter_ns() - started_ns) / iterations
    readings = run.yardstick_ns
    print(f"timeit, the bare call:                 {bare_ns:8.0f} ns")
    print(f"a worker's median sample of the no-op: {sample_ns:8.0f} ns  ({sample_ns - bare_ns:+.0f} ns in the time)")
    print(f"one iteration as a whole:              {whole_ns:8.0f} ns  (around it: {whole_ns - sample_ns:.0f} ns)")
    mean_ms, share = fmean(readings) / 1e6, 100 * sum(readings) / wall_ns
    print(f"the yardstick: {len(readings)} readings of {mean_ms:.2f} ms, {share:.0f} % of the run's wall time")


if __name__ == "__main__":
    main()
