import gc

import pytest

from orchestrator.gatekeeper import pin
from orchestrator.results import BenchRun
from orchestrator.verdict import Subject, hold
from orchestrator.yardstick import reading_ns
from tests.orchestrator.test_verdict import baseline, candidate, subject

PINNED = baseline(yardstick_mean_ns=1_000_000.0)


def on_machine(runs: list[BenchRun], *times: float) -> list[BenchRun]:
    """The runs, on a machine that took so many times the baseline's time for the yardstick."""
    return [
        run.model_copy(update={"yardstick_ns": [round(1_000_000 * slower)] * 20})
        for run, slower in zip(runs, times, strict=True)
    ]


def judged(runs: list[BenchRun]) -> tuple[str, str]:
    verdict = hold([subject(runs, PINNED)]).verdicts[0]
    return verdict.regression, " ".join(verdict.reasons)


def test_a_regression_on_a_machine_as_fast_as_before_fails() -> None:
    assert judged(on_machine(candidate(120), 1.0, 1.04, 0.97))[0] == "fail"


def test_what_is_slow_on_a_slow_machine_is_not_judged() -> None:
    outcome, reasons = judged(on_machine(candidate(140), 1.4, 1.3, 1.06))
    assert outcome == "inconclusive"
    assert "not judged: 3 of 3 runs, during which the machine itself was slower" in reasons
    assert "up to x1.40" in reasons
    assert "--runs 6`" in reasons


def test_slow_runs_are_left_out_and_the_others_are_judged() -> None:
    burst = [*candidate(150, runs=2), *candidate(100)]
    outcome, reasons = judged(on_machine(burst, 1.4, 1.5, 1.0, 1.0, 1.0))
    assert outcome == "pass"
    assert "left out: 2 of 5 runs" in reasons
    assert judged(on_machine([*candidate(150, runs=2), *candidate(120)], 1.4, 1.5, 1.0, 1.0, 1.0))[0] == "fail"


def test_a_pass_on_a_slow_machine_stands_and_leaves_nothing_out() -> None:
    outcome, reasons = judged(on_machine(candidate(100), 1.2, 1.2, 1.2))
    assert outcome == "pass"
    assert "left out" not in reasons


def test_a_fast_machine_hides_no_regression() -> None:
    outcome, reasons = judged(on_machine(candidate(100), 0.8, 0.8, 0.8))
    assert outcome == "inconclusive"
    assert "faster than at the baseline (the same fixed work takes x0.80) and this is not: pin the baseline" in reasons
    assert judged(on_machine(candidate(82), 0.8, 0.8, 0.8))[0] == "pass"


def test_a_machine_of_which_nothing_is_known_is_taken_as_it_is() -> None:
    assert judged(candidate(120))[0] == "fail"
    assert hold([subject(on_machine(candidate(120), 2, 2, 2), baseline())]).outcome == "fail"


def test_a_run_that_was_slow_for_a_part_is_slow() -> None:
    [run] = candidate(120, runs=1)
    partly = run.model_copy(update={"yardstick_ns": [1_000_000] * 15 + [1_500_000] * 5})
    assert Subject("A", subject().slo, [partly], PINNED).steady_runs() == []


def test_a_baseline_keeps_the_typical_speed() -> None:
    runs = on_machine(candidate(100), 1.0, 9.0, 1.1)
    assert pin(runs, "now").yardstick_mean_ns == pytest.approx(1_100_000)
    assert pin(candidate(100), "now").yardstick_mean_ns is None


def test_the_yardstick_leaves_the_garbage_collector_as_it_was() -> None:
    assert reading_ns() > 0
    assert gc.isenabled()
    gc.disable()
    try:
        reading_ns()
        assert not gc.isenabled()
    finally:
        gc.enable()
