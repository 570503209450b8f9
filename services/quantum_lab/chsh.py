"""A CHSH experiment on a noisy pair of qubits, sampled shot by shot.

The pair is the Bell state |Φ+> = (|00> + |11>)/√2 after it was depolarised with probability p, which replaces it by
the maximally mixed state: ρ = (1 - p) |Φ+><Φ+| + p I/4. It is Werner's state (Phys. Rev. A 40, 4277 (1989)) up to a
rotation of one qubit.

Each side measures A(θ) = cos θ Z + sin θ X, with outcomes x, y = ±1. Then, from Tr(ρ A(a) ⊗ A(b)),

    E(a, b)      = (1 - p) cos(a - b)
    P(x, y)      = (1 + x y E(a, b)) / 4
    S            = E(a, b) - E(a, b') + E(a', b) + E(a', b')

(Clauser, Horne, Shimony and Holt, Phys. Rev. Lett. 23, 880 (1969)). Local hidden variables keep |S| <= 2. Quantum
mechanics keeps |S| <= 2√2 (Cirel'son, Lett. Math. Phys. 4, 93 (1980)), which the angles below reach: S = 2√2 (1 - p).
"""

from dataclasses import dataclass
from math import cos, pi, sqrt

import numpy as np

LEAST_SHOTS = 8
"""Two a setting: one has no standard error."""
MOST_SHOTS = 10_000_000


@dataclass(frozen=True)
class Setting:
    """Two angles in radians, and the sign with which their correlator enters S."""

    name: str
    a_rad: float
    b_rad: float
    sign: int


SETTINGS = (
    Setting("ab", 0.0, pi / 4, 1),
    Setting("ab'", 0.0, 3 * pi / 4, -1),
    Setting("a'b", pi / 2, pi / 4, 1),
    Setting("a'b'", pi / 2, 3 * pi / 4, 1),
)


@dataclass(frozen=True)
class Correlator:
    """The mean of x y over `shots` shots at one setting, with its standard error."""

    setting: Setting
    shots: int
    estimate: float
    standard_error: float


@dataclass(frozen=True)
class Experiment:
    """Four correlators; S as they estimate it, its standard error, and the S that the state has."""

    correlators: tuple[Correlator, ...]
    s_estimate: float
    s_standard_error: float
    s_expected: float


def correlation(a_rad: float, b_rad: float, noise_p: float) -> float:
    """E(a, b) of the depolarised pair."""
    return (1 - noise_p) * cos(a_rad - b_rad)


def simulate(shots: int, noise_p: float, seed: int) -> Experiment:
    """Measure `shots` pairs, spread evenly over the four settings (the first ones get what is left over).

    `shots` is at least LEAST_SHOTS, `noise_p` from 0 to 1. The same arguments give the same result.
    """
    random = np.random.default_rng(seed)
    correlators = tuple(
        _measure(setting, shots // 4 + (place < shots % 4), noise_p, random) for place, setting in enumerate(SETTINGS)
    )
    return Experiment(
        correlators,
        s_estimate=sum(one.setting.sign * one.estimate for one in correlators),
        s_standard_error=sqrt(sum(one.standard_error**2 for one in correlators)),
        s_expected=sum(one.sign * correlation(one.a_rad, one.b_rad, noise_p) for one in SETTINGS),
    )


def _measure(setting: Setting, shots: int, noise_p: float, random: np.random.Generator) -> Correlator:
    """Counts of the four outcomes at once; x y is ±1, so its sample variance is (1 - mean²) n/(n - 1)."""
    expected = correlation(setting.a_rad, setting.b_rad, noise_p)
    alike, unlike = (1 + expected) / 4, (1 - expected) / 4
    plus_plus, plus_minus, minus_plus, minus_minus = random.multinomial(shots, [alike, unlike, unlike, alike]).tolist()
    estimate = (plus_plus + minus_minus - plus_minus - minus_plus) / shots
    return Correlator(setting, shots, estimate, sqrt((1 - estimate**2) / (shots - 1)))
