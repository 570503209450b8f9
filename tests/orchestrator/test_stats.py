import math
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from orchestrator.stats import (
    fisher_tail,
    holm,
    incomplete_beta,
    quantile,
    quantile_interval,
    satterthwaite,
    shift,
    t_critical,
    t_tail,
    welch,
)


@pytest.mark.parametrize("df", [1, 2, 3, 9, 11, 30, 200, 10_000])
@pytest.mark.parametrize("t", [-40.0, -3.0, -0.5, 0.0, 1e-6, 0.3, 1.0, 2.5, 6.0, 25.0, 300.0])
def test_t_tail_is_scipys(t: float, df: int) -> None:
    assert t_tail(t, df) == pytest.approx(scipy_stats.t.sf(t, df), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("df", [1, 2, 9, 11, 60])
@pytest.mark.parametrize("tail", [0.4, 0.05, 0.025, 0.005, 0.0001, 1e-8])
def test_t_critical_is_scipys(tail: float, df: int) -> None:
    assert t_critical(tail, df) == pytest.approx(scipy_stats.t.isf(tail, df), rel=1e-6)


@given(st.floats(0.05, 300), st.floats(0.05, 300), st.floats(0, 1))
def test_incomplete_beta_is_scipys(a: float, b: float, x: float) -> None:
    from scipy.special import betainc

    assert incomplete_beta(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-8, abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200), st.integers(0, 200))
def test_fisher_tail_is_scipys(a: int, more: int, b: int, many: int) -> None:
    table = np.array([[a, more], [b, many]])
    expected = scipy_stats.fisher_exact(table, alternative="greater").pvalue
    assert fisher_tail(a, a + more, b, b + many) == pytest.approx(expected, rel=1e-8)


def test_fisher_tail_of_a_table_worked_by_hand() -> None:
    # 3 of 4 beside 1 of 4: (C(4,3) C(4,1) + C(4,4) C(4,0)) / C(8,4) = 17/70
    assert fisher_tail(3, 4, 1, 4) == pytest.approx(17 / 70)


@pytest.mark.parametrize("table", [(5, 4, 0, 4), (-1, 4, 0, 4), (0, 4, 9, 4)])
def test_fisher_tail_refuses_what_is_no_table(table: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="hits"):
        fisher_tail(*table)


def test_shift_is_scipys_pooled_t() -> None:
    randomly = random.Random(5)
    baseline = [randomly.gauss(0, 1) for _ in range(10)]
    candidate = [randomly.gauss(0.8, 1) for _ in range(3)]
    found = shift(baseline, candidate)
    expected = scipy_stats.ttest_ind(candidate, baseline, alternative="greater")
    assert found.p_value == pytest.approx(expected.pvalue)
    low, high = scipy_stats.ttest_ind(candidate, baseline).confidence_interval(0.95)
    assert (found.difference - found.margin(), found.difference + found.margin()) == pytest.approx((low, high))


def test_shift_with_a_single_candidate_takes_its_variance_from_the_baseline() -> None:
    found = shift([1.0, 2.0, 3.0], [5.0])
    assert (found.difference, found.df) == (3.0, 2)
    assert found.standard_error == pytest.approx(math.sqrt(1 + 1 / 3))


@pytest.mark.parametrize(("candidate", "p_value"), [([2.0], 0.0), ([1.0], 1.0), ([0.5], 1.0)])
def test_shift_without_any_scatter_is_certain(candidate: list[float], p_value: float) -> None:
    assert shift([1.0, 1.0, 1.0], candidate).p_value == p_value


@pytest.mark.parametrize("groups", [([], [1.0]), ([1.0, 2.0], []), ([1.0], [2.0])])
def test_shift_needs_three_values_in_two_groups(groups: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match="two groups"):
        shift(*groups)


GROUP = st.lists(st.floats(-5, 5), min_size=2, max_size=12)


@settings(deadline=None)
@given(GROUP, GROUP)
def test_welch_is_scipys(baseline: list[float], candidate: list[float]) -> None:
    assume(min(np.var(baseline), np.var(candidate)) > 1e-6)  # scipy warns of groups that are all alike
    found = welch(baseline, candidate)
    expected = scipy_stats.ttest_ind(candidate, baseline, equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert found.two_sided_p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.df == pytest.approx(expected.df)
    assert (found.difference - found.margin(), found.difference + found.margin()) == pytest.approx((low, high))


def test_a_two_sided_p_value_does_not_depend_on_the_side() -> None:
    there, back = shift([1.0, 1.1, 0.9], [9.0, 9.1]), shift([9.0, 9.1], [1.0, 1.1, 0.9])
    expected = scipy_stats.ttest_ind([1.0, 1.1, 0.9], [9.0, 9.1]).pvalue
    assert there.two_sided_p_value == back.two_sided_p_value == pytest.approx(expected, rel=1e-6)
    assert shift([1.0, 2.0, 3.0], [2.0]).two_sided_p_value == 1


def test_a_known_variance_makes_it_a_normal() -> None:
    known = satterthwaite(0.3, [(0.01, math.inf)])
    assert known.margin() == pytest.approx(1.959964 * 0.1, rel=1e-5)
    assert known.two_sided_p_value == pytest.approx(2 * scipy_stats.norm.sf(3), rel=1e-4)


def test_satterthwaite_of_parts_worked_by_hand() -> None:
    # (1 + 3)^2 / (1^2/2 + 3^2/4) = 16 / 2.75; a known third part of 4 makes it 64 / 2.75
    assert satterthwaite(1.0, [(1.0, 2), (3.0, 4)]).df == pytest.approx(16 / 2.75)
    assert satterthwaite(1.0, [(1.0, 2), (3.0, 4), (4.0, math.inf)]).df == pytest.approx(64 / 2.75)


@pytest.mark.parametrize(("candidate", "p_value"), [([1.0, 1.0], 1.0), ([2.0, 2.0], 0.0), ([0.5, 0.5], 0.0)])
def test_welch_without_any_scatter_is_certain(candidate: list[float], p_value: float) -> None:
    assert welch([1.0, 1.0, 1.0], candidate).two_sided_p_value == p_value


def test_welch_needs_two_values_a_group() -> None:
    with pytest.raises(ValueError, match="two values"):
        welch([1.0, 2.0, 3.0], [1.0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_quantile_is_numpys(values: list[float], q: float) -> None:
    assert quantile(values, q) == pytest.approx(float(np.quantile(values, q)), abs=1e-6)


@pytest.mark.parametrize(("n", "has_upper"), [(58, False), (59, True)])
def test_a_p95_has_an_upper_bound_from_59_samples_on(n: int, has_upper: bool) -> None:
    low, high = quantile_interval(list(range(n)), 0.95)
    assert low is not None
    assert (high is not None) is has_upper


@pytest.mark.parametrize(("q", "n"), [(0.5, 20), (0.5, 7), (0.95, 100), (0.95, 60)])
def test_the_interval_covers_the_quantile_in_95_of_100_cases(q: float, n: int) -> None:
    randomly, inside = random.Random(3), 0
    for _ in range(4_000):
        low, high = quantile_interval([randomly.random() for _ in range(n)], q)
        inside += low is not None and high is not None and low <= q <= high
    assert inside / 4_000 >= 0.936  # four standard errors below 0.95


def test_holm_steps_down_and_stops() -> None:
    assert holm([0.04, 0.001, 0.012], family=0.05, ceiling=1.0) == pytest.approx([0.05, 0.05 / 3, 0.025])
    assert holm([0.001, 0.03, 0.04], family=0.05, ceiling=1.0) == pytest.approx([0.05 / 3, 0.0, 0.0])


def test_holm_is_never_looser_than_its_ceiling() -> None:
    assert max(holm([1e-9] * 5, family=0.05, ceiling=0.005)) == 0.005
    assert holm([1e-9] * 20, family=0.05, ceiling=0.005)[0] == pytest.approx(0.05 / 20)
