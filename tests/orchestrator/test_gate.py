import random
from dataclasses import replace

import pytest

from orchestrator.gate import GateDecision, baseline_caveats, judge, judge_family


def noisy_runs(
    count: int, median_ms: float = 100.0, cv: float = 0.05, drift: float = 0.0, seed: int = 1, size: int = 20
) -> list[list[float]]:
    randomly = random.Random(seed)
    runs = []
    for _ in range(count):
        level = median_ms * randomly.lognormvariate(0, drift)
        runs.append([level * randomly.lognormvariate(0, cv) for _ in range(size)])
    return runs


BASELINE = noisy_runs(10)


def test_an_unchanged_run_passes_the_screening() -> None:
    decision = judge(BASELINE, noisy_runs(1, seed=2))
    assert decision.outcome == "pass"
    assert decision.median_ratio == pytest.approx(1, abs=0.05)
    assert "no regression" in decision.reason


def test_twenty_per_cent_slower_fails_with_its_ratio_in_the_interval() -> None:
    decision = judge(BASELINE, noisy_runs(3, 120, seed=2))
    assert decision.outcome == "fail"
    assert decision.median_ratio_ci95 is not None
    assert decision.p95_ratio_ci95 is not None
    assert decision.median_ratio_ci95[0] < 1.2 < decision.median_ratio_ci95[1]
    assert decision.p95_ratio_ci95[0] < 1.2 < decision.p95_ratio_ci95[1]
    assert decision.p_value is not None
    assert decision.p_value < 0.005


def test_faster_passes() -> None:
    assert judge(BASELINE, noisy_runs(3, 50, seed=2)).outcome == "pass"


def test_within_the_threshold_passes_however_significant() -> None:
    decision = judge(noisy_runs(10, cv=0.01), noisy_runs(3, 106, cv=0.01, seed=2))
    assert decision.body_p_value is not None
    assert decision.body_p_value < 1e-6
    assert decision.outcome == "pass"


def test_a_heavier_tail_fails_though_the_median_stands() -> None:
    candidate = noisy_runs(3, seed=2, size=60)
    for run in candidate:
        for index in range(0, 60, 6):
            run[index] *= 1.6
    decision = judge(noisy_runs(10, size=60), candidate)
    assert decision.outcome == "fail"
    assert decision.median_ratio == pytest.approx(1, abs=0.05)
    assert decision.p_value == decision.tail_p_value


def test_a_burst_in_one_run_of_three_is_no_failure() -> None:
    candidate = noisy_runs(3, seed=2)
    candidate[0] = [value * (1.6 if index < 8 else 1.0) for index, value in enumerate(candidate[0])]
    decision = judge(BASELINE, candidate)
    assert decision.tail_p_value is not None
    assert decision.tail_p_value < 0.005
    assert decision.outcome == "inconclusive"
    assert "only in a few runs" in decision.reason
    assert decision.more_runs is None
    assert "more runs like these would not settle it: measure anew" in decision.reason
    assert judge(BASELINE, [candidate[0]] * 3).outcome == "fail"


def test_one_run_that_looks_slow_asks_for_two_more() -> None:
    decision = judge(noisy_runs(10, drift=0.03), noisy_runs(1, 108, seed=2))
    assert (decision.outcome, decision.more_runs) == ("inconclusive", 2)
    assert "2 more runs" in decision.reason


def test_one_run_fails_alone_only_on_overwhelming_evidence() -> None:
    drifting = noisy_runs(10, drift=0.03)
    assert judge(drifting, noisy_runs(1, 115, seed=4)).outcome == "inconclusive"
    assert judge(drifting, noisy_runs(1, 300, seed=2)).outcome == "fail"


def test_an_excess_within_chance_is_inconclusive_and_says_what_would_settle_it() -> None:
    decision = judge(noisy_runs(10, drift=0.10), noisy_runs(3, 115, drift=0.10, seed=3))
    assert decision.outcome == "inconclusive"
    assert decision.median_ratio is not None
    assert decision.median_ratio > 1.10
    assert decision.more_runs is not None
    settled = judge(noisy_runs(10, drift=0.10), noisy_runs(3, 115, drift=0.10, seed=3) * (1 + decision.more_runs))
    assert settled.outcome == "fail"


def test_noise_beyond_what_was_checked_is_said() -> None:
    assert "more noise" in judge(noisy_runs(10, cv=0.4), noisy_runs(3, cv=0.4, seed=2)).reason
    assert "more noise" not in judge(BASELINE, noisy_runs(3, seed=2)).reason


def test_a_baseline_smaller_than_what_was_checked_is_said() -> None:
    assert "smaller baseline" not in judge(BASELINE, noisy_runs(1, seed=2)).reason
    for pinned, told in ((noisy_runs(9), "9 runs of 20 samples"), (noisy_runs(10, size=12), "10 runs of 12 samples")):
        assert f"a smaller baseline ({told}) than this rule was checked for (10 of 20)" in (
            judge(pinned, noisy_runs(3, seed=2)).reason
        )
    assert baseline_caveats(BASELINE) == []
    assert len(baseline_caveats(noisy_runs(3, drift=0.3))) == 2


def test_beside_a_baseline_that_is_too_noisy_nothing_passes() -> None:
    for runs in (1, 3):
        decision = judge(noisy_runs(10, drift=0.2), noisy_runs(runs, seed=2))
        assert (decision.outcome, decision.more_runs) == ("inconclusive", None)
        assert "too noisy" in decision.reason
    assert judge(noisy_runs(10, drift=0.2), noisy_runs(3, 300, seed=2)).outcome == "fail"


def test_constant_times_are_certain() -> None:
    flat = [[100.0] * 20] * 10
    assert judge(flat, [[100.0] * 20] * 3).outcome == "pass"
    assert judge(flat, [[125.0] * 20] * 3).outcome == "fail"


def test_a_clock_that_reads_zero_is_no_crash() -> None:
    assert judge([[0.0] * 20] * 10, [[0.0] * 20]).outcome == "pass"


def test_too_few_samples_are_inconclusive() -> None:
    decision = judge(BASELINE, [[100.0] * 6, [100.0] * 6])
    assert (decision.outcome, decision.more_runs, decision.p_value) == ("inconclusive", 2, None)
    assert judge([[100.0] * 20], noisy_runs(3)).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("baseline", "candidate", "threshold"),
    [
        ([], [[1.0]], 0.1),
        ([[1.0]], [], 0.1),
        ([[1.0], []], [[1.0]], 0.1),
        ([[1.0]], [[-1.0]], 0.1),
        ([[1.0]], [[float("nan")]], 0.1),
        ([[1.0]], [[float("inf")]], 0.1),
        ([[1.0]], [[1.0]], 0.0),
    ],
)
def test_impossible_input_is_refused(
    baseline: list[list[float]], candidate: list[list[float]], threshold: float
) -> None:
    with pytest.raises(ValueError, match=r"threshold|baseline|candidate"):
        judge(baseline, candidate, threshold=threshold)


def test_another_threshold() -> None:
    slower = noisy_runs(3, 120, seed=2)
    assert judge(BASELINE, slower, threshold=0.5).outcome == "pass"
    assert judge(BASELINE, noisy_runs(3, 107, seed=2), threshold=0.02).outcome == "fail"


def failed(p_value: float) -> GateDecision:
    decision = judge(BASELINE, noisy_runs(3, 120, seed=2))
    return replace(decision, p_value=p_value, body_p_value=p_value, tail_p_value=0.5)


def never(name: str, level: float) -> GateDecision:
    raise AssertionError(f"{name} stands, and is not judged again at {level}")


def test_many_at_once_are_held_to_holms_levels() -> None:
    passed = judge(BASELINE, noisy_runs(3, seed=2))
    family = {"slow": failed(0.004), **{f"fine {index}": passed for index in range(20)}}
    held = judge_family(family, lambda name, level: replace(family[name], more_runs=round(1 / level)))
    assert held["slow"].outcome == "inconclusive"
    assert "42 tests" in held["slow"].reason
    assert held["slow"].more_runs == 42 * 20
    assert judge_family({"slow": failed(0.004), "fine": passed}, never)["slow"].outcome == "fail"
    assert judge_family({**family, "slow": failed(1e-6)}, never)["slow"].outcome == "fail"
