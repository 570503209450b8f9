"""How often the gate is wrong: false alarms and power over 27 kinds of noise, the naive rule beside it.

    python -m benchmarks.gate_power [--trials 4000] [--checked 40] [--seed 1] [--first 20]

Each trial draws 10 baseline runs and up to 3 candidate runs of 20 samples, and goes the way `slo:gate` goes: one run
is screened, and three are judged where it looks slow. The vectorised rule here is compared with
`orchestrator.gate.judge` itself on the first `--checked` trials of each cell; any difference ends the program.
`--first 30` gives the screened run as many samples as `bench:run` does by default, the others keep 20.
The naive rule fails one run of 20 whose p95 is more than 10 % above the p95 of the pooled baseline.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import click
import numpy as np
from numpy.typing import NDArray

from orchestrator.gate import EARLY_LEVEL, FULL_RUNS, LEVEL, MAX_DRIFT, SCREEN, judge
from orchestrator.stats import fisher_tail, t_critical

Samples = NDArray[np.float64]
Mask = NDArray[np.bool_]

BASELINE_RUNS, RUN_SIZE = 10, 20
THRESHOLD = 0.10
CVS, DRIFTS = (0.03, 0.05, 0.10), (0.0, 0.02, 0.04)
RHO = 0.5
STRAGGLERS, SLOWED = 0.04, (1.2, 1.6)
CHOICES = ("pass", "inconclusive", "fail")


def lognormal(random: np.random.Generator, cv: float, shape: tuple[int, ...]) -> Samples:
    """Independent lognormal samples with median 1."""
    return np.exp(_sigma(cv) * random.standard_normal(shape))


def autocorrelated(random: np.random.Generator, cv: float, shape: tuple[int, ...]) -> Samples:
    """Lognormal samples whose logarithms are an AR(1) process within a run (last axis)."""
    steps = random.standard_normal(shape)
    for i in range(1, shape[-1]):
        steps[..., i] = RHO * steps[..., i - 1] + math.sqrt(1 - RHO**2) * steps[..., i]
    return np.exp(_sigma(cv) * steps)


def straggling(random: np.random.Generator, cv: float, shape: tuple[int, ...]) -> Samples:
    """Lognormal samples, a few of which are slowed."""
    slowed = np.where(random.random(shape) < STRAGGLERS, random.uniform(*SLOWED, shape), 1.0)
    return lognormal(random, cv, shape) * slowed


NOISES: dict[str, Callable[[np.random.Generator, float, tuple[int, ...]], Samples]] = {
    "lognormal": lognormal,
    "AR(1) 0.5": autocorrelated,
    "stragglers": straggling,
}


def _sigma(cv: float) -> float:
    return math.sqrt(math.log1p(cv * cv))


def draw(
    random: np.random.Generator, noise: str, cv: float, drift: float, trials: int, first: int = RUN_SIZE
) -> tuple[Samples, list[Samples]]:
    """Baseline samples (trials, 10, 20), and three candidate runs (trials, 20), the first of them (trials, first)."""

    def group(runs: int, size: int) -> Samples:
        level = np.exp(drift * random.standard_normal((trials, runs, 1)))
        return NOISES[noise](random, cv, (trials, runs, size)) * level

    baseline, fresh = group(BASELINE_RUNS, RUN_SIZE), group(FULL_RUNS, max(first, RUN_SIZE))
    return baseline, [fresh[:, 0, :first], *(fresh[:, index, :RUN_SIZE] for index in range(1, FULL_RUNS))]


def scaled(candidate: Sequence[Samples], *factors: float) -> list[Samples]:
    """Each run times its factor; one factor is that of all."""
    return [run * factors[index % len(factors)] for index, run in enumerate(candidate)]


def outcomes(baseline: Samples, candidate: Sequence[Samples]) -> NDArray[np.int_]:
    """`judge`, vectorised over the first axis: an index into CHOICES for each trial."""
    runs = len(candidate)
    level = LEVEL if runs >= FULL_RUNS else EARLY_LEVEL
    excess = math.log1p(THRESHOLD)
    medians, tails = (np.log(np.quantile(baseline, q, -1)) for q in (0.5, 0.95))
    fresh_medians, fresh_tails = (
        np.log(np.stack([np.quantile(run, q, -1) for run in candidate], 1)) for q in (0.5, 0.95)
    )
    body, t_statistic = _shift(medians, fresh_medians)
    tail, _ = _shift(tails, fresh_tails)
    common = np.median(fresh_tails, 1) - tails.mean(1)
    body_fails = (body > excess) & (t_statistic > t_critical(level, BASELINE_RUNS + runs - 2))
    tail_fails = (np.minimum(tail, common) > excess) & (_fisher(baseline, candidate) < level)
    looks_slow = np.maximum(body, tail) > math.log1p(SCREEN if runs < FULL_RUNS else THRESHOLD)
    blind = medians.std(1, ddof=1) > MAX_DRIFT
    return np.where(body_fails | tail_fails, 2, np.where(looks_slow | blind, 1, 0))


def _shift(baseline: Samples, candidate: Samples) -> tuple[Samples, Samples]:
    size_b, size_c = baseline.shape[1], candidate.shape[1]
    difference = candidate.mean(1) - baseline.mean(1)
    squares = baseline.var(1) * size_b + candidate.var(1) * size_c
    error = np.sqrt(squares / (size_b + size_c - 2) * (1 / size_b + 1 / size_c))
    return difference, difference / error


def _fisher(baseline: Samples, candidate: Sequence[Samples]) -> Samples:
    pooled, fresh = baseline.reshape(len(baseline), -1), np.concatenate(candidate, axis=1)
    limit = (1 + THRESHOLD) * np.quantile(pooled, 0.95, axis=1)[:, None]
    hits, reference = (fresh > limit).sum(1), (pooled > limit).sum(1)
    pairs = zip(hits.tolist(), reference.tolist(), strict=True)
    return np.array([_tail(a, fresh.shape[1], b, pooled.shape[1]) for a, b in pairs])


@cache
def _tail(hits: int, size: int, reference_hits: int, reference_size: int) -> float:
    return fisher_tail(hits, size, reference_hits, reference_size)


def gate(baseline: Samples, candidate: Sequence[Samples]) -> NDArray[np.int_]:
    """The way of `slo:gate`: one run screened, three judged."""
    screened = outcomes(baseline, candidate[:1])
    return np.where(screened == 0, 0, outcomes(baseline, candidate))


def check(baseline: Samples, candidate: Sequence[Samples], fast: NDArray[np.int_], count: int) -> None:
    """End the program if the vectorised rule and `judge` differ on the first `count` trials."""
    for trial in range(min(count, len(baseline))):
        runs = [run[trial].tolist() for run in candidate]
        said = judge(baseline[trial].tolist(), runs[:1], threshold=THRESHOLD).outcome
        if said != "pass":
            said = judge(baseline[trial].tolist(), runs, threshold=THRESHOLD).outcome
        if said != CHOICES[fast[trial]]:
            raise SystemExit(f"trial {trial}: judge says {said}, the vectorised rule {CHOICES[fast[trial]]}")


def naive(baseline: Samples, candidate: Sequence[Samples]) -> Mask:
    """One run's p95 against the pooled baseline's."""
    pooled = np.quantile(baseline.reshape(len(baseline), -1), 0.95, axis=1)
    return np.quantile(candidate[0], 0.95, axis=1) > (1 + THRESHOLD) * pooled


@click.command(help=__doc__)
@click.option("--trials", default=4000, show_default=True, help="Trials a cell.")
@click.option("--checked", default=40, show_default=True, help="Trials a cell that judge() repeats.")
@click.option("--seed", default=1, show_default=True)
@click.option("--first", type=click.IntRange(2), default=RUN_SIZE, show_default=True, help="Samples of the first run.")
def main(trials: int, checked: int, seed: int, first: int) -> None:
    """Print the table."""
    random = np.random.default_rng(seed)
    worst = {"false": 0.0, "power": 100.0, "naive": 0.0}
    print("| noise | CV % | drift % | false alarm % | inconclusive % | power at +20 % | naive: false alarm % | power |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for noise, cv, drift in product(NOISES, CVS, DRIFTS):
        shares = []
        for slowdown in (1.0, 1.2):
            baseline, candidate = draw(random, noise, cv, drift, trials, first)
            candidate = scaled(candidate, slowdown)
            found = gate(baseline, candidate)
            check(baseline, candidate, found, checked)
            shares.append((_share(found == 2), _share(found == 1), _share(naive(baseline, candidate))))
        (false, unclear, naive_false), (power, _, naive_power) = shares
        worst = {
            "false": max(worst["false"], false),
            "power": min(worst["power"], power),
            "naive": max(worst["naive"], naive_false),
        }
        print(
            f"| {noise} | {cv * 100:.0f} | {drift * 100:.0f} | {false:.2f} | {unclear:.2f} | {power:.2f} "
            f"| {naive_false:.2f} | {naive_power:.2f} |",
            flush=True,
        )
    print(
        f"\nworst cell: false alarms {worst['false']:.2f} %, power {worst['power']:.2f} %; "
        f"naive rule: false alarms {worst['naive']:.2f} % ({trials} trials a cell, seed {seed}, first run of {first})"
    )
    _beyond(random, trials)
    if worst["false"] > 1 or worst["power"] < 95:
        raise SystemExit(1)


def _share(mask: Mask) -> float:
    return float(mask.mean() * 100)


def _beyond(random: np.random.Generator, trials: int) -> None:
    """What lies outside the promise: tail-only regressions, a true +10 %, one run alone, and CV 25 %."""
    print(
        "\n| case (lognormal, drift 2 %) | CV % | pass % | inconclusive % | fail % |\n| --- | --- | --- | --- | --- |"
    )
    for cv in (*CVS, 0.25):
        same, candidate = draw(random, "lognormal", cv, 0.02, trials)
        slowed = np.where(random.random((trials, FULL_RUNS, RUN_SIZE)) < 0.10, 1.35, 1.0)
        tail = [run * slowed[:, index] for index, run in enumerate(candidate)]
        cases = {
            "unchanged": gate(same, candidate),
            "unchanged, one run alone": outcomes(same, candidate[:1]),
            "+10 %": gate(same, scaled(candidate, 1.1)),
            "+20 %": gate(same, scaled(candidate, 1.2)),
            "+20 %, one run alone": outcomes(same, scaled(candidate[:1], 1.2)),
            "10 % of requests x 1.35": gate(same, tail),
            "one run of three x 1.5": gate(same, scaled(candidate, 1.5, 1.0, 1.0)),
        }
        for case, found in cases.items():
            shares = " | ".join(f"{_share(found == index):.1f}" for index in range(3))
            print(f"| {case} | {cv * 100:.0f} | {shares} |")


if __name__ == "__main__":
    main()
