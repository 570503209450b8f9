"""Tokens a second now, and the time that is left: by hand."""

import pytest

from ollama_bench.pace import TimeLeft, time_left, tok_s_now
from ollama_bench.plan import RunPlan, Step, steps
from ollama_bench.trial import Phase, Trial
from tests.examples import SECOND_NS, example_figures, example_plan, example_trial


@pytest.mark.parametrize(
    ("chunk_ns", "rate"),
    [
        ([], None),
        ([5], None),
        ([0, 1, 2, 3, 4, 5, 6], None),  # too few to tell
        ([20_000_000 * i for i in range(8)], 50.0),
        ([7] * 40, None),  # all in one burst
        # the last 32 gaps count: 100 a second at first, 50 a second since
        ([*(10_000_000 * i for i in range(50)), *(500_000_000 + 20_000_000 * i for i in range(33))], 50.0),
    ],
)
def test_the_rate_is_that_of_the_last_chunks(chunk_ns: list[int], rate: float | None) -> None:
    assert tok_s_now(chunk_ns) == (None if rate is None else pytest.approx(rate))


def a_trial(phase: Phase, start_s: float, end_s: float, **changes: object) -> Trial:
    """104 tokens at 40 tok/s after 500 prompt tokens/s, unless `changes` say otherwise."""
    started_ns = round(start_s * SECOND_NS)
    return example_trial(phase, started_ns=started_ns, end_ns=round(end_s * SECOND_NS) - started_ns, **changes)


def left_after(plan: RunPlan, *trials: Trial) -> tuple[TimeLeft | None, list[Step]]:
    pending = steps(plan)[len(trials) :]
    return time_left(plan, pending, trials), pending


def test_at_the_start_nothing_is_said() -> None:
    assert left_after(example_plan())[0] is None
    cold = a_trial("cold", 1, 5, server=example_figures(prompt_eval_count=12))
    assert left_after(example_plan(), cold)[0] is None, "a prompt of 12 tokens says nothing of one of 2,000"


def test_a_phase_takes_what_its_finished_trials_took_each_with_what_lies_between_them() -> None:
    """Cold ends at 5 s; the warm one at 7 s, though its request alone took 1 s."""
    cold = a_trial("cold", 1, 5, server=example_figures(prompt_eval_count=12))
    warm = a_trial("warm", 6, 7)
    left, _ = left_after(example_plan(), cold, warm)

    assert left == TimeLeft(request_s=2.0, phase_s=2.0, run_s=None, at_most=True)


def test_a_phase_to_come_takes_what_full_answers_take_at_the_rates_seen() -> None:
    plan = example_plan(quality=False)
    trials = [a_trial("cold", 0, 4), *(a_trial("warm", 4 + i, 5 + i) for i in range(3)), a_trial("real", 7, 10)]
    left, pending = left_after(plan, *trials)
    assert [step.phase for step in pending] == ["real", "real", "long"]
    # 128 tokens at 104 tokens in 2.6 s, and a prompt of so many characters at 100 tokens in 0.2 s
    long_s = 128 / 40 + len(plan.prompts["long"].text) / 4 / 500

    assert left == TimeLeft(request_s=3.0, phase_s=3.0, run_s=pytest.approx(3.0 + long_s), at_most=True)


def test_when_all_phases_under_way_were_seen_it_is_no_bound_any_more() -> None:
    plan = example_plan()
    trials = [a_trial(step.phase, 2 * i, 2 * i + 2) for i, step in enumerate(steps(plan)[:-2])]
    left, pending = left_after(plan, *trials)

    assert [step.phase for step in pending] == ["quality", "quality"]
    assert left == TimeLeft(request_s=2.0, phase_s=2.0, run_s=2.0, at_most=False)


def test_nobody_knows_how_long_a_phase_takes_that_goes_on_until_it_is_precise() -> None:
    plan = example_plan(until_precise=0.05)
    during = a_trial("cold", 0, 4), a_trial("warm", 4, 5)
    assert left_after(plan, *during)[0] is None

    cold_with_one_more = plan.model_copy(update={"trials": plan.trials | {"cold": 2}})
    left, _ = left_after(cold_with_one_more, a_trial("cold", 0, 4))
    assert left == TimeLeft(request_s=4.0, phase_s=0.0, run_s=None, at_most=True)


def test_failed_trials_give_no_rate_and_do_not_break_it() -> None:
    failed = a_trial("cold", 0, 4, error="gone", chunk_ns=())
    assert left_after(example_plan(), failed)[0] is None
    assert left_after(example_plan(), failed.model_copy(update={"end_ns": None}))[0] is None
