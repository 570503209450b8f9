"""How often `compare` names a winner where there is none, and how often it sees one: by runs a side, noise and drift.

    python -m benchmarks.compare_power [--trials 4000] [--checked 20] [--seed 1]

Each trial draws two sides of METRICS metrics. A drift is a factor of a whole run, the same in all of its metrics, since
it is the machine that drifts; the noise of the samples is each metric's own. A false winner is any named among all
metrics when the sides are alike. Power is the share of metrics that are named when all are slower by the factor given.
Beside it stands what is left out here on purpose: a t test on single samples, under the same Holm, as if they were
independent of their run.

The vectorised rule is compared with `ollama_bench.compare.evidence.weigh` and `orchestrator.stats.holm` themselves on
the first `--checked` trials of each cell; any difference ends the program. Exits with 1 when the false winners of a
cell whose drift is no more than the assumed scatter, and whose sides have as many runs each, are above 5 %, by more
than three standard errors of the simulation.
"""

import math
from collections.abc import Sequence
from itertools import product

import click
import numpy as np
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from benchmarks.gate_power import NOISES
from ollama_bench.compare.comparison import FAMILY_LEVEL
from ollama_bench.compare.evidence import ASSUMED_SCATTER, MIN_RUNS, weigh
from orchestrator.gate import LEVEL
from orchestrator.stats import holm

Samples = NDArray[np.float64]
Mask = NDArray[np.bool_]

METRICS = 10
FACTORS = (1.1, 1.2, 1.5, 2.0)
SIDES = ((1, 1), (2, 2), (3, 3), (5, 5), (10, 10), (1, 10), (3, 10))
"""Runs of the reference and of the candidate."""
CELLS = [
    *(("lognormal", cv, drift, 3) for cv, drift in product((0.03, 0.10), (0.0, 0.02, 0.04, 0.10))),
    ("lognormal", 0.25, 0.04, 3),
    ("lognormal", 0.03, 0.04, 30),
    ("AR(1) 0.5", 0.10, 0.04, 10),
    ("stragglers", 0.10, 0.04, 10),
]
"""Noise, CV within a run, drift between runs, samples a run."""
SLOW, SLOWED = 0.3, (1.1, 1.8)
"""Of runs on a shared machine: the share that is slowed as a whole, and by how much."""


def draw(random: np.random.Generator, cell: tuple[str, float, float, int], runs: int, trials: int) -> Samples:
    """One side: (trials, METRICS, runs, samples)."""
    noise, cv, drift, size = cell
    level = np.exp(drift * random.standard_normal((trials, 1, runs, 1)))
    return NOISES[noise](random, cv, (trials, METRICS, runs, size)) * level


def p_values(reference: Samples, candidate: Samples) -> Samples:
    """`weigh`, vectorised over the first two axes."""
    logs = [np.log(np.median(side, -1)) for side in (reference, candidate)]
    difference = logs[1].mean(-1) - logs[0].mean(-1)
    if min(side.shape[-1] for side in logs) >= MIN_RUNS:
        return _by_run(logs, difference)
    parts = [part for side, its in zip((reference, candidate), logs, strict=True) for part in _parts(side, its)]
    return _t_test(difference, *_satterthwaite(parts))


def _by_run(logs: Sequence[Samples], difference: Samples) -> Samples:
    """Student's or Welch's t, whichever has the wider margin at LEVEL."""
    return _three_tests(logs, difference)[2]


def _three_tests(logs: Sequence[Samples], difference: Samples) -> tuple[Samples, Samples, Samples]:
    """The p-values of Student's t, of Welch's, and of the one with the wider margin."""
    sizes = [side.shape[-1] for side in logs]
    df = sum(sizes) - 2
    squares = sum(side.var(-1) * size for side, size in zip(logs, sizes, strict=True))
    pooled = np.sqrt(squares / df * sum(1 / size for size in sizes))
    parts = [(side.var(-1, ddof=1) / size, size - 1.0) for side, size in zip(logs, sizes, strict=True)]
    welch, welch_df = _satterthwaite(parts)
    is_wider = welch * scipy_stats.t.isf(LEVEL / 2, welch_df) > pooled * scipy_stats.t.isf(LEVEL / 2, df)
    both = _t_test(difference, pooled, np.full_like(pooled, df)), _t_test(difference, welch, welch_df)
    return *both, np.where(is_wider, both[1], both[0])


def _parts(side: Samples, logs: Samples) -> list[tuple[Samples, float]]:
    runs, size = side.shape[-2:]
    if runs >= MIN_RUNS:
        return [(logs.var(-1, ddof=1) / runs, runs - 1.0)]
    within = math.pi / 2 * np.log(side).var(-1, ddof=1) / size / runs**2
    scatter = np.maximum(ASSUMED_SCATTER, logs.std(-1, ddof=1)) if runs > 1 else np.full(len(side), ASSUMED_SCATTER)
    known = np.broadcast_to(np.atleast_1d(scatter).reshape(len(side), -1) ** 2 / runs, logs.shape[:2])
    return [*((within[..., run], size - 1.0) for run in range(runs)), (known, math.inf)]


def _satterthwaite(parts: Sequence[tuple[Samples, float]]) -> tuple[Samples, Samples]:
    total = sum((part for part, _ in parts), np.zeros_like(parts[0][0]))
    uncertain = sum(((part / total) ** 2 / df for part, df in parts), np.zeros_like(total))
    return np.sqrt(total), 1 / np.maximum(uncertain, 1e-6)


def _t_test(difference: Samples, error: Samples, df: Samples) -> Samples:
    found: Samples = 2 * scipy_stats.t.sf(np.abs(difference) / error, df)
    return found


def named(p: Samples) -> Mask:
    """`holm`, vectorised: which metrics of each trial are told."""
    order = np.argsort(p, axis=1)
    levels = np.minimum(LEVEL, FAMILY_LEVEL / (p.shape[1] - np.arange(p.shape[1])))
    passed = np.logical_and.accumulate(np.take_along_axis(p, order, 1) < levels, axis=1)
    told = np.zeros_like(passed)
    np.put_along_axis(told, order, passed, 1)
    return told


def naive(reference: Samples, candidate: Samples) -> Mask:
    """Single samples, as if each were a run."""
    flat = [np.log(side.reshape(*side.shape[:2], -1)) for side in (reference, candidate)]
    return named(scipy_stats.ttest_ind(flat[0], flat[1], axis=-1).pvalue)


def check(reference: Samples, candidate: Samples, told: Mask, count: int) -> None:
    """End the program if the vectorised rule and the tool's own differ on the first `count` trials."""
    for trial in range(min(count, len(told))):
        found = [weigh(*(side[trial, metric].tolist() for side in (reference, candidate))) for metric in range(METRICS)]
        p = [evidence.shift.two_sided_p_value for evidence in found if evidence]
        said = [value < level for value, level in zip(p, holm(p, FAMILY_LEVEL, LEVEL), strict=True)]
        if said != told[trial].tolist():
            raise SystemExit(f"trial {trial}: the tool says {said}, the vectorised rule {told[trial].tolist()}")


@click.command(help=__doc__)
@click.option("--trials", default=4000, show_default=True, help="Trials a cell.")
@click.option("--checked", default=20, show_default=True, help="Trials a cell that the tool's own functions repeat.")
@click.option("--seed", default=1, show_default=True)
def main(trials: int, checked: int, seed: int) -> None:
    """Print the tables."""
    random = np.random.default_rng(seed)
    powers = " | ".join(f"x {factor:g}" for factor in FACTORS)
    print(f"| runs | noise | CV % | drift % | samples | false winner % | {powers} | naive: false winner % |")
    print("| --- " * (7 + len(FACTORS)) + "|")
    worst = 0.0
    for runs, cell in product(SIDES, CELLS):
        noise, cv, drift, size = cell
        reference, candidate = (draw(random, cell, count, trials) for count in runs)
        told = named(p_values(reference, candidate))
        check(reference, candidate, told, checked)
        false = _share(told.any(1))
        worst = max(worst, false if runs[0] == runs[1] else 0.0)
        power = " | ".join(f"{_share(named(p_values(reference, candidate * factor))):.1f}" for factor in FACTORS)
        beside = _share(naive(reference, candidate).any(1))
        print(
            f"| {runs[0]}, {runs[1]} | {noise} | {cv * 100:.0f} | {drift * 100:.0f} | {size} "
            f"| {false:.2f} | {power} | {beside:.1f} |",
            flush=True,
        )
    print(f"\nworst cell with as many runs on each side: {worst:.2f} % false winners ({trials} trials, seed {seed})")
    _beyond(random, trials)
    _which_t(random, trials)
    if worst > 100 * (FAMILY_LEVEL + 3 * math.sqrt(FAMILY_LEVEL * (1 - FAMILY_LEVEL) / trials)):
        raise SystemExit(1)


def _beyond(random: np.random.Generator, trials: int) -> None:
    """What lies outside the promise: drift above the assumed scatter, runs that are slowed whole, unlike scatter."""
    print("\n| runs | case (lognormal, CV 5 %, 3 samples) | false winner % |\n| --- | --- | --- |")
    for runs in SIDES:
        for case in ("drift 15 %", "drift 20 %", f"drift 2 %, {SLOW:.0%} of runs x {SLOWED[0]:g} to {SLOWED[1]:g}"):
            drift = {"drift 15 %": 0.15, "drift 20 %": 0.20}.get(case, 0.02)
            sides = [draw(random, ("lognormal", 0.05, drift, 3), count, trials) for count in runs]
            if "runs x" in case:
                sides = [side * _slowed(random, side.shape[2], trials) for side in sides]
            print(f"| {runs[0]}, {runs[1]} | {case} | {_share(named(p_values(*sides)).any(1)):.2f} |")
        unlike = [draw(random, ("lognormal", 0.05, d, 3), n, trials) for d, n in zip((0.12, 0.04), runs, strict=True)]
        print(f"| {runs[0]}, {runs[1]} | drift 12 % beside 4 % | {_share(named(p_values(*unlike)).any(1)):.2f} |")


def _which_t(random: np.random.Generator, trials: int) -> None:
    """How often each t test is below LEVEL by chance: logarithms of medians are drawn themselves."""
    print(f"\n| runs | scatter | Student's p < {LEVEL:g}, % | Welch's | the wider |\n| --- | --- | --- | --- | --- |")
    for runs, scatter in product(((3, 3), (3, 10), (5, 5), (5, 10)), ((1, 1), (3, 1), (1, 3))):
        logs = [s * random.standard_normal((trials, METRICS, n)) for s, n in zip(scatter, runs, strict=True)]
        tests = _three_tests(logs, logs[1].mean(-1) - logs[0].mean(-1))
        shares = " | ".join(f"{_share(p < LEVEL):.2f}" for p in tests)
        print(f"| {runs[0]}, {runs[1]} | {scatter[0]} to {scatter[1]} | {shares} |")


def _slowed(random: np.random.Generator, runs: int, trials: int) -> Samples:
    shape = (trials, 1, runs, 1)
    return np.where(random.random(shape) < SLOW, random.uniform(*SLOWED, shape), 1.0)


def _share(mask: Mask) -> float:
    return float(mask.mean() * 100)


if __name__ == "__main__":
    main()
