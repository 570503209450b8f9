"""What the harness costs an iteration: a no-op scenario in a worker, beside `timeit`, in one run.

    python -m benchmarks.orchestrator_overhead [--iter 200000]

"in the time" is what a sample contains beyond the call itself; "around it" is what an iteration takes besides.
"""

import time
import timeit
from statistics import median

import click

from orchestrator.kinds import CallableScenario
from orchestrator.runner import RunSpec, run_once
from orchestrator.scenario import Found, TimedCall


def nothing() -> None:
    """The no-op."""


@click.command(help=__doc__)
@click.option("--iter", "iterations", default=200_000, show_default=True)
def main(iterations: int) -> None:
    """Print the three figures."""
    bare_ns = median(timeit.repeat(nothing, number=iterations, repeat=7)) / iterations * 1e9
    found = Found(CallableScenario("no-op", "nothing", "benchmarks.orchestrator_overhead:nothing"), "user", {})
    run = run_once(found, RunSpec(iterations, 1_000))
    if run.failure is not None:
        raise SystemExit(run.failure)
    sample_ns = median(run.samples_ns)
    session = TimedCall(nothing)
    started_ns = time.perf_counter_ns()
    for _ in range(iterations):
        session.iterate()
    around_ns = (time.perf_counter_ns() - started_ns) / iterations
    print(f"timeit, the bare call:                 {bare_ns:8.0f} ns")
    print(f"a worker's median sample of the no-op: {sample_ns:8.0f} ns  ({sample_ns - bare_ns:+.0f} ns in the time)")
    print(f"one iteration as a whole:              {around_ns:8.0f} ns  (around it: {around_ns - sample_ns:.0f} ns)")


if __name__ == "__main__":
    main()
