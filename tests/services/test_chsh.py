"""The physics of the CHSH experiment, against density matrices and against its own statistics."""

from math import cos, pi, sin, sqrt
from statistics import fmean, stdev

import numpy as np
import pytest

from services.quantum_lab.chsh import LEAST_SHOTS, SETTINGS, Experiment, correlation, simulate

TSIRELSON = 2 * sqrt(2)
SEEDS = range(400)


def expectation(a_rad: float, b_rad: float, noise_p: float) -> float:
    """Tr(ρ A(a) ⊗ A(b)) by matrices, from the definitions alone."""
    bell = np.array([1, 0, 0, 1]) / sqrt(2)
    rho = (1 - noise_p) * np.outer(bell, bell) + noise_p * np.eye(4) / 4
    side = [np.array([[cos(angle), sin(angle)], [sin(angle), -cos(angle)]]) for angle in (a_rad, b_rad)]
    return float(np.trace(rho @ np.kron(*side)))


@pytest.mark.parametrize("noise_p", [0.0, 0.25, 1.0])
@pytest.mark.parametrize(("a_rad", "b_rad"), [(0.0, 0.0), (0.0, pi / 4), (pi / 2, 3 * pi / 4), (1.2, -2.5)])
def test_the_correlation_is_that_of_the_density_matrix(a_rad: float, b_rad: float, noise_p: float) -> None:
    assert correlation(a_rad, b_rad, noise_p) == pytest.approx(expectation(a_rad, b_rad, noise_p), abs=1e-12)


@pytest.mark.parametrize("noise_p", [0.0, 0.1, 1 - 1 / sqrt(2), 1.0])
def test_s_is_tsirelsons_bound_less_the_noise(noise_p: float) -> None:
    assert simulate(LEAST_SHOTS, noise_p, 0).s_expected == pytest.approx(TSIRELSON * (1 - noise_p), abs=1e-12)


def test_no_pair_of_settings_does_better_than_these() -> None:
    """What makes the angles the optimal ones: max |S| = 2 √(s² + t²) with the two largest singular values of the matrix
    of correlations, 1 and 1 here (Horodecki, Phys. Lett. A 200, 340 (1995)).
    """
    random = np.random.default_rng(1)
    for a, a2, b, b2 in random.uniform(0, 2 * pi, size=(2000, 4)):
        s = expectation(a, b, 0) - expectation(a, b2, 0) + expectation(a2, b, 0) + expectation(a2, b2, 0)
        assert abs(s) <= TSIRELSON + 1e-12


def test_without_noise_a_million_shots_come_to_2_root_2() -> None:
    found = simulate(1_000_000, 0.0, seed=7)

    assert abs(found.s_estimate - TSIRELSON) < 4 * found.s_standard_error
    assert found.s_standard_error == pytest.approx(sqrt(4 * (1 - 0.5) / 250_000), rel=0.01)
    assert found.s_estimate > 2 + 100 * found.s_standard_error


def test_under_full_noise_s_is_far_below_the_classical_bound() -> None:
    found = simulate(1_000_000, 1.0, seed=7)

    assert abs(found.s_estimate) < 4 * found.s_standard_error < 2


@pytest.mark.parametrize("noise_p", [0.0, 0.3, 1.0])
def test_the_standard_error_is_the_spread_over_seeds(noise_p: float) -> None:
    """The standard deviation of 400 normal values is known to 3.5 %; the limit is four times that."""
    found = [simulate(4000, noise_p, seed) for seed in SEEDS]
    told = fmean(one.s_standard_error for one in found)

    assert stdev(one.s_estimate for one in found) == pytest.approx(told, rel=0.14)
    assert fmean(one.s_estimate for one in found) == pytest.approx(found[0].s_expected, abs=4 * told / sqrt(len(SEEDS)))


def test_both_sides_are_fair_coins_by_themselves() -> None:
    """Neither side can tell what the other measures: the estimate of each setting is spread as E² says, not more."""
    for place, setting in enumerate(SETTINGS):
        expected = correlation(setting.a_rad, setting.b_rad, 0.2)
        estimates = [simulate(4000, 0.2, seed).correlators[place].estimate for seed in SEEDS]
        assert stdev(estimates) == pytest.approx(sqrt((1 - expected**2) / 1000), rel=0.14)


def test_s_and_its_error_are_those_of_the_correlators() -> None:
    found = simulate(1000, 0.1, seed=3)
    ab, ab2, a2b, a2b2 = found.correlators

    assert found.s_estimate == pytest.approx(ab.estimate - ab2.estimate + a2b.estimate + a2b2.estimate)
    assert found.s_standard_error == pytest.approx(sqrt(sum(one.standard_error**2 for one in found.correlators)))
    for one in found.correlators:
        assert one.standard_error == pytest.approx(sqrt((1 - one.estimate**2) / (one.shots - 1)))


@pytest.mark.parametrize(
    ("shots", "split"), [(8, [2, 2, 2, 2]), (11, [3, 3, 3, 2]), (1000, [250] * 4), (1002, [251, 251, 250, 250])]
)
def test_no_shot_is_lost_between_the_settings(shots: int, split: list[int]) -> None:
    assert [one.shots for one in simulate(shots, 0.5, 1).correlators] == split


def test_the_seed_is_the_whole_of_chance() -> None:
    def estimates(one: Experiment) -> list[float]:
        return [correlator.estimate for correlator in one.correlators]

    assert simulate(1000, 0.1, 5) == simulate(1000, 0.1, 5)
    assert estimates(simulate(1000, 0.1, 5)) != estimates(simulate(1000, 0.1, 6))
