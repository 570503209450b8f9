"""Quantiles and their intervals in plain Python; each formula names its source. Pure."""

import math
from collections.abc import Sequence

MIN_SAMPLES_FOR_P95 = 59
"""Below this many samples no distribution-free 95 % bound on a p95 exists (0.95^58 > 0.05 > 0.95^59)."""

Interval = tuple[float | None, float | None]
"""A lower and an upper bound; None where none exists at that confidence."""


def quantile(values: Sequence[float], q: float) -> float:
    """The q-quantile (0 <= q <= 1) by linear interpolation: type 7 of Hyndman & Fan (1996).

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("a quantile needs at least one value")
    ordered = sorted(values)
    position = q * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def quantile_interval(values: Sequence[float], q: float, confidence: float = 0.95) -> Interval:
    """A distribution-free interval of the q-quantile between two order statistics.

    The number of values below the quantile is binomial (Conover, Practical Nonparametric Statistics, 1999,
    section 3.2): the narrowest pair of ranks that covers it with `confidence` is taken. Where there is no such
    pair a bound is one-sided at (1 + confidence) / 2, and None if even that does not exist. Assumes independent values.
    """
    ordered = sorted(values)
    n = len(ordered)
    cumulative = _binomial_cdf(n, q)
    pair = _narrowest_ranks(cumulative, confidence)
    if pair:
        return ordered[pair[0] - 1], ordered[pair[1] - 1]
    tail = (1 - confidence) / 2
    below = [rank for rank in range(1, n + 1) if cumulative[rank - 1] <= tail]
    above = [rank for rank in range(1, n + 1) if 1 - cumulative[rank - 1] <= tail]
    return (
        ordered[below[-1] - 1] if below else None,
        ordered[above[0] - 1] if above else None,
    )


def _binomial_cdf(n: int, p: float) -> list[float]:
    """P(B <= k) for k = 0..n, B binomial(n, p)."""
    if not 0 < p < 1:
        raise ValueError(f"a quantile's interval needs 0 < q < 1, not {p}")
    total, cumulative = 0.0, []
    for k in range(n + 1):
        total += math.exp(_log_choose(n, k) + k * math.log(p) + (n - k) * math.log1p(-p))
        cumulative.append(min(total, 1.0))
    return cumulative


def _narrowest_ranks(cumulative: Sequence[float], confidence: float) -> tuple[int, int] | None:
    """Ranks (lower, upper), 1-based, with P(lower <= B < upper) >= confidence; None where there are none."""
    n = len(cumulative) - 1
    best, upper = None, 2
    for lower in range(1, n):
        upper = max(upper, lower + 1)
        while upper <= n and cumulative[upper - 1] - cumulative[lower - 1] < confidence:
            upper += 1
        if upper > n:
            break
        if best is None or upper - lower < best[1] - best[0]:
            best = (lower, upper)
    return best


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def wilson_interval(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a proportion, 95 % by default.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212. Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError("an interval needs at least one trial")
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)
