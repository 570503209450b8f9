"""Quantiles, intervals and tests in plain Python: no scipy, whose import alone takes over a second.

Pure. Each formula names its source; `tests/orchestrator/test_stats.py` checks the tails against scipy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import variance

MIN_SAMPLES_FOR_P95 = 59
"""Below this many samples no distribution-free 95 % bound on a p95 exists (0.95^58 > 0.05 > 0.95^59)."""

Interval = tuple[float | None, float | None]
"""A lower and an upper bound; None where none exists at that confidence."""

_MANY = 1e6
"""So many degrees of freedom are as good as an infinity."""

_TINY = 1e-300
_EPSILON = 1e-15


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


def relative_half_width(values: Sequence[float], confidence: float = 0.95) -> float | None:
    """The larger side of the median's distribution-free interval, as a share of the median.

    None where there is no two-sided interval (below 6 values at 95 %), or no positive median to take a share of.
    """
    if not values or (middle := quantile(values, 0.5)) <= 0:
        return None
    low, high = quantile_interval(values, 0.5, confidence)
    return None if low is None or high is None else max(high - middle, middle - low) / middle


def precise_enough(values: Sequence[float], half_width: float) -> bool:
    """Whether measuring may stop: the median's 95 % interval is within `half_width` (a share, such as 0.05) of it.

    A fixed-width sequential rule (Chow & Robbins, Annals of Mathematical Statistics 36, 1965, 457-462) on the interval
    of `quantile_interval`. Whoever looks after each value stops at a moment when the interval happens to be narrow, and
    it then covers less than it says; so it has to be narrow for the newest value and for the one before. What that
    leaves of the 95 % is simulated in `benchmarks/until_precise.py`.
    """
    widths = [relative_half_width(values[: len(values) - back]) for back in (0, 1)]
    return all(width is not None and width <= half_width for width in widths)


@lru_cache(maxsize=512)  # a phase that goes on until it is precise asks for the same again and again
def _binomial_cdf(n: int, p: float) -> tuple[float, ...]:
    """P(B <= k) for k = 0..n, B binomial(n, p)."""
    if not 0 < p < 1:
        raise ValueError(f"a quantile's interval needs 0 < q < 1, not {p}")
    total, cumulative = 0.0, []
    for k in range(n + 1):
        total += math.exp(_log_choose(n, k) + k * math.log(p) + (n - k) * math.log1p(-p))
        cumulative.append(min(total, 1.0))
    return tuple(cumulative)


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


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 <= x <= 1.

    Continued fraction DLMF 8.17.22, evaluated by Lentz's method (Lentz 1976; Thompson & Barnett 1986).
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on this side only (DLMF 8.17.4 mirrors it)
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, _inverse(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            c = 1 + term / (c or _TINY)
            d = _inverse(1 + term * d)
            fraction *= c * d
        if abs(c * d - 1) < _EPSILON:
            break
    return front * fraction / a


def _inverse(value: float) -> float:
    return 1 / (value if abs(value) > _TINY else _TINY)


def t_tail(t: float, df: float) -> float:
    """P(T > t) for Student's t with `df` degrees of freedom (Abramowitz & Stegun 26.5.27, 26.7.1)."""
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    if t * t < 1:  # the other end of the same function: df / (df + t^2) would lose the digits of a small t
        return 0.5 - math.copysign(incomplete_beta(0.5, df / 2, t * t / (df + t * t)) / 2, t)
    half = incomplete_beta(df / 2, 0.5, df / (df + t * t)) / 2
    return half if t >= 0 else 1 - half


def t_critical(tail: float, df: float) -> float:
    """The t with P(T > t) = `tail`, for 0 < tail < 0.5, by bisection of `t_tail`."""
    low, high = 0.0, 1.0
    while t_tail(high, df) > tail:
        low, high = high, high * 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, df) > tail else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Shift:
    """How far one group's mean lies above another's."""

    difference: float
    """mean(candidate) - mean(baseline)"""
    standard_error: float
    """Of `difference`; 0 for values that are all alike."""
    df: float
    p_value: float
    """One-sided: the chance of a difference this large when there is none."""

    @property
    def two_sided_p_value(self) -> float:
        """The chance of a difference this large to either side when there is none."""
        return min(1.0, 2 * shift_p_value(abs(self.difference), self.standard_error, self.df))

    def margin(self, confidence: float = 0.95) -> float:
        """Half the width of the two-sided interval of `difference`."""
        return t_critical((1 - confidence) / 2, self.df) * self.standard_error


def shift(baseline: Sequence[float], candidate: Sequence[float]) -> Shift:
    """Student's two-sample t with pooled variance (Student 1908; Snedecor & Cochran 1989, section 6.9), one-sided.

    A candidate of one value is allowed: the variance then is the baseline's. Raises ValueError when the groups have
    fewer than one and three values between them, for then nothing is left to estimate a variance from.
    """
    df = len(baseline) + len(candidate) - 2
    if not baseline or not candidate or df < 1:
        raise ValueError("a t test needs two groups, of three values in all")
    mean_b, mean_c = math.fsum(baseline) / len(baseline), math.fsum(candidate) / len(candidate)
    squares = math.fsum((x - mean_b) ** 2 for x in baseline) + math.fsum((x - mean_c) ** 2 for x in candidate)
    error = math.sqrt(squares / df * (1 / len(baseline) + 1 / len(candidate)))
    difference = mean_c - mean_b
    return Shift(difference, error, df, shift_p_value(difference, error, df))


def welch(baseline: Sequence[float], candidate: Sequence[float]) -> Shift:
    """Welch's two-sample t, for groups of unlike scatter (Welch 1947), one-sided.

    Raises ValueError for a group of fewer than two values.
    """
    if min(len(baseline), len(candidate)) < 2:
        raise ValueError("Welch's t test needs two values in each group")
    difference = math.fsum(candidate) / len(candidate) - math.fsum(baseline) / len(baseline)
    groups = (baseline, candidate)
    return satterthwaite(difference, [(variance(group) / len(group), len(group) - 1) for group in groups])


def satterthwaite(difference: float, parts: Sequence[tuple[float, float]]) -> Shift:
    """A t test of a difference whose variance is the sum of independent parts, (variance, degrees of freedom) each; a
    variance that is known has an infinity of them. (Satterthwaite, Biometrics Bulletin 2, 1946, 110-114.)
    """
    total = math.fsum(part for part, _ in parts)
    uncertain = math.fsum((part / total) ** 2 / df for part, df in parts) if total else 1 / min(df for _, df in parts)
    df = min(1 / uncertain if uncertain else math.inf, _MANY)
    error = math.sqrt(total)
    return Shift(difference, error, df, shift_p_value(difference, error, df))


def shift_p_value(difference: float, standard_error: float, df: float) -> float:
    """One-sided P of a `difference` this large; certain where there is no scatter at all."""
    if standard_error > abs(difference) * 1e-12:
        return t_tail(difference / standard_error, df)
    return 0.0 if difference > 0 else 1.0


def fisher_tail(hits: int, size: int, reference_hits: int, reference_size: int) -> float:
    """Fisher's exact test, one-sided (Fisher 1935): the chance of at least `hits` of `size` beside `reference_hits`
    of `reference_size` when both share one rate. A sum of the hypergeometric distribution's upper tail.

    Raises ValueError for counts that are no such table.
    """
    if not (0 <= hits <= size and 0 <= reference_hits <= reference_size):
        raise ValueError("Fisher's test needs 0 <= hits <= size in both groups")
    all_hits, everything = hits + reference_hits, size + reference_size
    whole = _log_choose(everything, all_hits)
    terms = [
        math.exp(_log_choose(size, k) + _log_choose(reference_size, all_hits - k) - whole)
        for k in range(hits, min(size, all_hits) + 1)
    ]
    return min(1.0, math.fsum(terms))


def holm(p_values: Sequence[float], family: float = 0.05, ceiling: float = 0.005) -> list[float]:
    """The level each p-value has to stay below, in the order given: Holm's step-down (Holm 1979) at the family-wise
    level `family`, none above `ceiling`. Once one value misses its level, 0 is the level of all larger ones.
    """
    levels = [0.0] * len(p_values)
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        level = min(ceiling, family / (len(p_values) - step))
        if p_values[index] >= level:
            break
        levels[index] = level
    return levels


def wilson_interval(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval of a proportion, 95 % by default.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212. Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError("an interval needs at least one trial")
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)
