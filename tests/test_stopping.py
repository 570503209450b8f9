"""When a phase ends: its number, or a median that is precise enough; not before the least, at the most at the most."""

import pytest

from ollama_bench.plan import LEAST_SAMPLES, MOST_SAMPLES
from ollama_bench.stopping import imprecise, phase_ended
from ollama_bench.trial import Phase, Trial
from tests.examples import SECOND_NS, example_figures, example_plan, example_trial


def _trials(phase: Phase, latencies_s: list[float], **changes: object) -> list[Trial]:
    return [
        example_trial(phase, index=index, end_ns=round(latency_s * SECOND_NS), **changes)
        for index, latency_s in enumerate(latencies_s)
    ]


def test_a_fixed_phase_ends_with_its_number() -> None:
    plan = example_plan()
    assert [phase_ended(plan, _trials("warm", [1.0] * n)) for n in (1, 2, 3)] == [False, False, True]
    assert phase_ended(plan, _trials("cold", [1.0]))
    assert not phase_ended(plan, _trials("quality", [1.0]))


def test_an_adaptive_phase_needs_a_narrow_interval_twice() -> None:
    plan = example_plan(until_precise=0.05)
    assert plan.trials["warm"] == MOST_SAMPLES
    assert plan.least_trials == {"warm": LEAST_SAMPLES, "real": LEAST_SAMPLES}
    # six values are the first to have an interval, so seven are the first to have two in a row
    assert [phase_ended(plan, _trials("warm", [1.0, 1.01] * 4)[:n]) for n in range(1, 9)] == [False] * 6 + [True] * 2
    assert not phase_ended(plan, _trials("warm", [1.0, 1.2] * 4))


def test_real_wants_latency_and_rate_both_precise() -> None:
    plan = example_plan(until_precise=0.05)
    steady = _trials("real", [1.0] * 8)
    assert phase_ended(plan, steady)
    uneven = [
        trial.model_copy(update={"server": example_figures(eval_duration_ns=(2 + index % 2) * SECOND_NS)})
        for index, trial in enumerate(steady)
    ]
    assert not phase_ended(plan, uneven)
    assert list(imprecise(plan, uneven)) == ["gen_tok_s"]


def test_a_rate_that_no_answer_is_long_enough_for_does_not_hold_a_phase_up() -> None:
    plan = example_plan(until_precise=0.05)
    assert phase_ended(plan, _trials("real", [1.0] * 8, server=example_figures(eval_count=3)))


def test_a_gate_raises_the_least() -> None:
    plan = example_plan(until_precise=0.05, min_warm=20)
    assert [phase_ended(plan, _trials("warm", [1.0] * n)) for n in (19, 20)] == [False, True]


def test_the_most_ends_it() -> None:
    plan = example_plan(until_precise=0.05)
    wild = _trials("warm", [1.0, 9.0] * (MOST_SAMPLES // 2))
    assert not phase_ended(plan, wild[:-1])
    assert phase_ended(plan, wild)


def test_failed_requests_count_for_the_most_and_not_for_the_median() -> None:
    plan = example_plan(until_precise=0.05)
    failed = [example_trial("warm", error="reset")] * 10
    assert not phase_ended(plan, [*failed, *_trials("warm", [1.0] * 4)])
    assert phase_ended(plan, [*failed, *_trials("warm", [1.0] * 7)])
    with pytest.raises(KeyError):
        imprecise(plan, _trials("warm", [1.0]))["gen_tok_s"]
