"""How many samples --until-precise takes, and how often its interval holds the true median.

    python -m benchmarks.until_precise [--runs 200] [--half-width 0.05]

Simulated latencies with a true median of 1: lognormal, with stragglers (4 % slowed 1.2 to 1.6 times), autocorrelated
(rho 0.5), each at CV 3, 5, 10 and 20 %. Each run takes samples until `orchestrator.stats.precise_enough`, at least 5
and at most 200, as the command does; beside it stands what the fixed profiles give: the half-width of the interval
after their 3, 10 and 60 samples of the real prompt (n/a: no interval exists).

Exits with 1 when the coverage over all runs of independent samples is below 93 %.
"""

import argparse
import math
import random
import sys
from collections.abc import Callable
from statistics import median

from ollama_bench.plan import LEAST_SAMPLES, MOST_SAMPLES
from orchestrator.stats import precise_enough, quantile_interval, relative_half_width

PROFILES = {"quick": 3, "standard": 10, "thorough": 60}
CVS = (0.03, 0.05, 0.10, 0.20)
MIN_COVERAGE = 0.93
STRAGGLERS = 0.04


def lognormal(cv: float, rng: random.Random) -> list[float]:
    """Independent values."""
    sigma = math.sqrt(math.log1p(cv * cv))
    return [math.exp(rng.gauss(0, sigma)) for _ in range(MOST_SAMPLES)]


def autocorrelated(cv: float, rng: random.Random) -> list[float]:
    """Each value half like the one before."""
    sigma, state, values = math.sqrt(math.log1p(cv * cv)), rng.gauss(0, 1), []
    for _ in range(MOST_SAMPLES):
        state = 0.5 * state + math.sqrt(0.75) * rng.gauss(0, 1)
        values.append(math.exp(sigma * state))
    return values


def stragglers(cv: float, rng: random.Random) -> list[float]:
    """Independent values, some of them slowed; scaled so that the median of all is 1."""
    slowed = [v * rng.uniform(1.2, 1.6) if rng.random() < STRAGGLERS else v for v in lognormal(cv, rng)]
    return [value / _median_with_stragglers(cv) for value in slowed]


def _median_with_stragglers(cv: float) -> float:
    """Where the mixture of both has half of its mass, by bisection; the factor's spread is integrated in 40 steps."""
    sigma = math.sqrt(math.log1p(cv * cv))

    def below(x: float) -> float:
        def normal(y: float) -> float:
            return 0.5 * math.erfc(-math.log(y) / sigma / math.sqrt(2))

        slowed = sum(normal(x / (1.2 + 0.4 * (step + 0.5) / 40)) for step in range(40)) / 40
        return (1 - STRAGGLERS) * normal(x) + STRAGGLERS * slowed

    low, high = 0.5, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.5 else (low, middle)
    return low


NOISES: dict[str, Callable[[float, random.Random], list[float]]] = {
    "lognormal": lognormal,
    "stragglers": stragglers,
    "autocorrelated": autocorrelated,
}


def samples_taken(values: list[float], half_width: float) -> int:
    """When the rule stops."""
    for n in range(LEAST_SAMPLES, len(values) + 1):
        if precise_enough(values[:n], half_width):
            return n
    return len(values)


def main() -> int:
    """Print the table; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--half-width", type=float, default=0.05)
    options = parser.parse_args()
    rng = random.Random(1)
    print(f"{'noise':<15}{'CV':>5}  {'samples: median, p90':>21}  {'reached':>8}  {'coverage':>9}  ", end="")
    print("  ".join(f"± {name} ({n})" for name, n in PROFILES.items()))
    hits = looked = 0
    for name, noise in NOISES.items():
        for cv in CVS:
            runs = [noise(cv, rng) for _ in range(options.runs)]
            taken = [samples_taken(values, options.half_width) for values in runs]
            covered = sum(_holds_1(values[:n]) for values, n in zip(runs, taken, strict=True))
            reached = sum(precise_enough(values[:n], options.half_width) for values, n in zip(runs, taken, strict=True))
            if name != "autocorrelated":
                hits, looked = hits + covered, looked + len(runs)
            widths = [_width([values[:n] for values in runs]) for n in PROFILES.values()]
            samples = f"{median(taken):g}, {sorted(taken)[9 * len(taken) // 10]}"
            print(
                f"{name:<15}{cv:>5.0%}  {samples:>21}  {reached / len(runs):>8.1%}  {covered / len(runs):>9.1%}  ",
                end="",
            )
            print("  ".join(f"{width:>{len(name) + 7}}" for width, name in zip(widths, PROFILES, strict=True)))
    print(f"coverage over all {looked} runs of independent samples: {hits / looked:.1%} (at least {MIN_COVERAGE:.0%})")
    return 0 if hits / looked >= MIN_COVERAGE else 1


def _holds_1(values: list[float]) -> bool:
    low, high = quantile_interval(values, 0.5)
    return (low is None or low <= 1) and (high is None or high >= 1)


def _width(runs: list[list[float]]) -> str:
    widths = [width for values in runs if (width := relative_half_width(values)) is not None]
    return f"{median(widths):.1%}" if widths else "n/a"


if __name__ == "__main__":
    sys.exit(main())
