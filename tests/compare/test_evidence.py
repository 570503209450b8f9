"""The ratio of two sides, its interval and its test: by hand, against scipy, and by its properties."""

import math
from statistics import median

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from ollama_bench.compare.evidence import ASSUMED_SCATTER, Evidence, centre, ratio_of, weigh

VALUES = st.floats(1e-3, 1e3)
RUN = st.lists(VALUES, min_size=3, max_size=6)
SIDE = st.lists(RUN, min_size=1, max_size=5)


def found(reference: list[list[float]], candidate: list[list[float]]) -> Evidence:
    evidence = weigh(reference, candidate)
    assert evidence is not None
    return evidence


def test_with_three_runs_a_side_the_run_is_the_unit() -> None:
    ours, theirs = [1.0, 1.1, 1.3], [2.0, 2.1, 2.6]
    evidence = found([[0.5, m, 9.0] for m in ours], [[0.1, m, 30.0] for m in theirs])  # only medians count

    expected = scipy_stats.ttest_ind(np.log(theirs), np.log(ours), equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert evidence.unit == "run"
    assert evidence.shift.two_sided_p_value == pytest.approx(expected.pvalue)
    assert evidence.ci95 == pytest.approx((math.exp(low), math.exp(high)))


def test_where_the_larger_side_scatters_more_students_t_is_wider_by_none() -> None:
    """The wider of Student's and Welch's margins at the level of the tests is taken, whichever that is."""
    for ours, theirs in (([1, 3, 0.4], [2.0, 2.1, 1.9, 2.0, 2.05]), ([1, 1.01, 0.99], [1.0, 2.1, 0.3, 2.0, 4.0])):
        evidence = found([[m] for m in ours], [[m] for m in theirs])
        tests = [scipy_stats.ttest_ind(np.log(theirs), np.log(ours), equal_var=equal) for equal in (True, False)]
        widths = [test.confidence_interval(0.995).high - test.confidence_interval(0.995).low for test in tests]
        assert evidence.shift.two_sided_p_value == pytest.approx(tests[widths.index(max(widths))].pvalue, rel=1e-6)


def test_one_run_a_side_takes_in_the_scatter_that_it_cannot_show() -> None:
    evidence = found([[1.0, 1.0, 1.0]], [[1.2, 1.2, 1.2]])  # no scatter at all within the runs

    error = ASSUMED_SCATTER * math.sqrt(2)
    assert evidence.unit == "trial"
    assert evidence.shift.standard_error == pytest.approx(error)
    assert evidence.ci95 == pytest.approx((1.2 * math.exp(-1.96 * error), 1.2 * math.exp(1.96 * error)), rel=1e-4)
    assert evidence.shift.two_sided_p_value == pytest.approx(2 * scipy_stats.norm.sf(math.log(1.2) / error), rel=1e-3)


def test_the_scatter_of_trials_is_added_to_it() -> None:
    logs = [-0.2, 0.0, 0.2]
    evidence = found([[math.exp(x) for x in logs]], [[2.0, 2.0, 2.0]])

    within = math.pi / 2 * 0.04 / 3
    assert evidence.shift.standard_error == pytest.approx(math.sqrt(within + 2 * ASSUMED_SCATTER**2))
    assert evidence.shift.df == pytest.approx((within + 2 * ASSUMED_SCATTER**2) ** 2 / (within**2 / 2))


def test_two_runs_that_differ_by_more_than_is_assumed_show_their_own_scatter() -> None:
    alike = found([[1.0] * 3, [1.0] * 3], [[2.0] * 3, [2.0] * 3])
    apart = found([[1.0] * 3, [2.0] * 3], [[2.0] * 3, [2.0] * 3])

    assert alike.shift.standard_error == pytest.approx(ASSUMED_SCATTER)
    assert apart.shift.standard_error == pytest.approx(
        math.sqrt(((math.log(2) / math.sqrt(2)) ** 2 + ASSUMED_SCATTER**2) / 2)
    )


@pytest.mark.parametrize(
    ("reference", "candidate"),
    [
        ([[1.0]], [[2.0]]),
        ([[1.0, 1.1]], [[2.0, 2.1]]),
        ([[1.0, 1.1, 1.2]], [[2.0]]),
        ([[1.0], [1.1]], [[2.0], [2.1]]),
        ([[1.0], [1.1], [1.2]], [[2.0], [2.1]]),
    ],
)
def test_too_few_values_have_no_interval(reference: list[list[float]], candidate: list[list[float]]) -> None:
    assert weigh(reference, candidate) is None
    assert weigh(candidate, reference) is None


@settings(deadline=None)  # other work on the machine is no failure
@given(SIDE, SIDE)
def test_the_other_way_round_is_the_inverse(ours: list[list[float]], theirs: list[list[float]]) -> None:
    there, back = found(ours, theirs), found(theirs, ours)

    assert ratio_of(ours, theirs) * ratio_of(theirs, ours) == pytest.approx(1)
    assert there.unit == back.unit
    assert there.shift.two_sided_p_value == back.shift.two_sided_p_value
    assert there.ci95 == pytest.approx((1 / back.ci95[1], 1 / back.ci95[0]))
    assert there.within == back.within


@settings(deadline=None)
@given(SIDE)
def test_a_side_beside_itself_differs_in_nothing(runs: list[list[float]]) -> None:
    evidence = found(runs, runs)

    assert ratio_of(runs, runs) == 1
    assert evidence.shift.two_sided_p_value == 1
    assert evidence.ci95[0] <= 1 <= evidence.ci95[1]


@settings(deadline=None)
@given(SIDE, SIDE, st.floats(0.01, 100))
def test_another_unit_changes_nothing(ours: list[list[float]], theirs: list[list[float]], factor: float) -> None:
    scaled = [[[factor * value for value in run] for run in side] for side in (ours, theirs)]
    assume(found(ours, theirs).shift.standard_error > 1e-6)

    assert found(*scaled).shift.difference == pytest.approx(found(ours, theirs).shift.difference, abs=1e-9)
    assert found(*scaled).shift.standard_error == pytest.approx(found(ours, theirs).shift.standard_error, rel=1e-6)


@settings(deadline=None)
@given(SIDE, st.floats(1.0, 10))
def test_the_ratio_is_that_of_the_centres(runs: list[list[float]], factor: float) -> None:
    slower = [[factor * value for value in run] for run in runs]

    assert ratio_of(runs, slower) == pytest.approx(factor)
    assert centre(slower) / centre(runs) == pytest.approx(factor)


def test_the_centre_of_one_run_is_its_median_itself() -> None:
    assert centre([[3.0, 0.1, 0.7]]) == median([3.0, 0.1, 0.7])


def test_a_narrow_interval_is_told_by_its_farther_end() -> None:
    close = found([[1.0], [1.001], [0.999]], [[1.02], [1.021], [1.019]])
    assert close.within is not None
    low, high = close.ci95
    assert close.within == pytest.approx(max(high, 1 / low) - 1)
    assert found([[1.0], [1.3], [0.7]], [[1.0], [1.3], [0.7]]).within is None


def test_figures_beyond_all_measure_do_not_overflow() -> None:
    evidence = found([[1e-300] * 3] * 3, [[1e308, 1e300, 1e308], [1e-300] * 3, [1e308] * 3])

    assert all(math.isfinite(end) for end in evidence.ci95)
    assert math.isfinite(ratio_of([[1e-300]], [[1e308]]))
