"""How often the gate is wrong on a machine that changes its speed, with the yardstick and without.

    python -m benchmarks.gate_machine [--trials 1000] [--seed 1]

Each trial goes the whole way with the gate's own functions: 10 runs of 20 are kept for a baseline (`bench:baseline`
makes up to 10 more in place of slow ones), one run is screened, and runs are made until three count, 12 more at most.
Runs are noisy as in `benchmarks.gate_power` (CV 5 %, drift 2 %). The machine is slow, by a factor of 1.1 to 1.8, during
a stretch of runs: one begins with the chance given, and goes on from run to run with a chance of .8. The yardstick sees
that factor with an error of 1 %, to a power: at 1 it suffers as the scenario does, at 0.7 less, at 0 not at all.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

import click
import numpy as np

from benchmarks.gate_power import BASELINE_RUNS, NOISES, RUN_SIZE
from orchestrator.gate import FULL_RUNS, judge
from orchestrator.machine_speed import are_steady, fastest, judge_steady, steady
from orchestrator.results import BenchRun, typical_yardstick_ns

CV, DRIFT, STAYS, SLOW = 0.05, 0.02, 0.8, (1.1, 1.8)
MORE_RUNS = 12


def machine(random: np.random.Generator, begins: float) -> Iterator[float]:
    """How many times as long all takes, run by run."""
    factor = 1.0
    while True:
        if factor == 1.0 or random.random() > STAYS:
            factor = float(random.uniform(*SLOW)) if random.random() < begins else 1.0
        yield factor


def one_run(random: np.random.Generator, noise: str, factor: float, seen: float) -> BenchRun:
    """A run whose work takes a millisecond at `factor` 1; `seen` is the yardstick's factor."""
    level = factor * np.exp(DRIFT * random.standard_normal())
    samples = NOISES[noise](random, CV, (RUN_SIZE,)) * level * 1e6
    yardstick_ns = round(1e6 * seen * np.exp(0.01 * random.standard_normal()))
    return BenchRun(
        name="A", kind="simulated", source="", group="", started_at="", iterations=RUN_SIZE, warmup=0,
        samples_ns=samples.astype(int).tolist(), yardstick_ns=[yardstick_ns],
    )  # fmt: skip


def outcome(random: np.random.Generator, noise: str, begins: float, power: float, slower: float) -> str:
    """One trial: a scenario that became `slower` by that factor."""
    speeds = machine(random, begins)

    def fresh(times: float) -> BenchRun:
        factor = next(speeds)
        return one_run(random, noise, factor * times, factor**power)

    made = [fresh(1.0) for _ in range(BASELINE_RUNS)]
    kept = made
    while not are_steady(kept) and len(made) < 2 * BASELINE_RUNS:
        made.append(fresh(1.0))
        kept = fastest(made, BASELINE_RUNS)
    typical_ns, baseline = typical_yardstick_ns(kept), [run.samples_ms for run in kept]
    judge_runs = partial(judge, baseline)
    runs = [fresh(slower)]
    decision = judge_steady(runs, typical_ns, judge_runs)
    if decision.outcome != "pass":
        while len(steady(runs, typical_ns)) < FULL_RUNS and len(runs) <= MORE_RUNS:
            runs.append(fresh(slower))
        decision = judge_steady(runs, typical_ns, judge_runs)
    return decision.outcome


def shares(found: Sequence[str]) -> str:
    """Cells of a table: fail and inconclusive."""
    return " | ".join(f"{100 * found.count(which) / len(found):.1f}" for which in ("fail", "inconclusive"))


@click.command(help=__doc__)
@click.option("--trials", default=1000, show_default=True, help="Trials a cell.")
@click.option("--seed", default=1, show_default=True)
def main(trials: int, seed: int) -> None:
    """Print the table."""
    random = np.random.default_rng(seed)
    print("| noise | slow begins | yardstick | clean: fail % | inconclusive % | +20 %: fail % | inconclusive % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for noise, begins, power in product(NOISES, (0.0, 0.1, 0.3), (1.0, 0.7, 0.0)):
        if begins == 0 and power < 1:
            continue
        cells = [
            shares([outcome(random, noise, begins, power, slower) for _ in range(trials)]) for slower in (1.0, 1.2)
        ]
        print(f"| {noise} | {begins:g} | {power:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
