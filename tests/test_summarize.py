"""From trials to the document: phases, quality and the verdict, and the verdict anew."""

from typing import Any

import pytest

from ollama_bench.plan import RunPlan
from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.scorecard import Quality, RunResult
from ollama_bench.summarize import decide, score_quality
from ollama_bench.trial import RequestError, Trial
from ollama_bench.verdict import Policy
from tests.examples import GOOD_ANSWERS, example_plan, example_result, example_trial, example_trials, shipped_pack


def _answer(prompt_id: str, text: str | None = None, **changes: Any) -> Trial:
    text = GOOD_ANSWERS[prompt_id] if text is None else text
    return example_trial("quality", prompt_id=prompt_id, text=text, **changes)


def _scored(*trials: Trial) -> Quality:
    quality = score_quality(shipped_pack(), trials)
    assert quality is not None
    return quality


def test_a_whole_run() -> None:
    result: RunResult = example_result()

    assert {phase: len(held.trials) for phase, held in result.phases.items()} == result.plan.trials
    assert result.quality is not None
    assert result.quality.totals.model_dump() == {"follow": 3, "coherent": 3, "no_hallucination": 3}
    assert result.verdict.decision == "keep small"
    assert result.warnings == ()


def test_phases_are_never_pooled() -> None:
    result = example_result()

    for phase, held in result.phases.items():
        assert {trial.phase for trial in held.trials} == {phase}
        assert held.summary["latency_s"].n == result.plan.trials[phase]


def test_failed_trials_stay_in_the_document_and_out_of_its_figures() -> None:
    plan = example_plan()
    trials = example_trials(plan)
    trials[2] = example_trial("warm", index=1, end_ns=99 * 10**9, error="reset")
    result = example_result(trials, plan)

    assert result.phases["warm"].trials[1] == trials[2]
    assert result.phases["warm"].summary["latency_s"].n == 2
    assert [warning.code for warning in result.warnings] == ["failed_requests", "too_few_samples"]


def test_a_phase_that_was_not_reached_is_absent() -> None:
    plan = example_plan()
    result = example_result(example_trials(plan)[:5], plan, complete=False)

    assert list(result.phases) == ["cold", "warm", "real"]
    assert (result.complete, result.quality, result.verdict.decision) == (False, None, "inconclusive")


@pytest.mark.parametrize(("answered", "decision"), [(0, "inconclusive"), (1, "inconclusive"), (2, "keep small")])
def test_quality_prompts_that_were_not_reached_are_not_taken_for_passed(answered: int, decision: str) -> None:
    """With two of three passed, the third cannot make two fail."""
    plan = example_plan()
    result = example_result(example_trials(plan)[: 8 + answered], plan, complete=False)

    assert result.verdict.decision == decision
    assert f"{3 - answered} not assessed" in result.verdict.conditions[2].text


def test_quality_that_was_not_asked_for() -> None:
    result = example_result(plan=example_plan(quality=False))

    assert result.quality is None
    assert result.verdict.conditions[2].text == "quality prompts: not measured (at most 1)"


def test_a_failed_quality_request_is_not_assessed() -> None:
    error = RequestError(kind="timeout", message="silent for 60 s")
    quality = _scored(_answer("apples", error=error, text="You have 4"), _answer("json"))
    apples, record = quality.prompts

    assert apples.scores.model_dump() == dict.fromkeys(DIMENSIONS)
    assert apples.reason == "the request failed: silent for 60 s"
    assert record.reason is None
    assert quality.totals.model_dump() == dict.fromkeys(DIMENSIONS, 1)


def test_a_model_that_said_nothing_failed_all_three() -> None:
    error = RequestError(kind="no_text", message="the model generated no text")
    (apples,) = _scored(_answer("apples", "", error=error)).prompts

    assert apples.scores.model_dump() == dict.fromkeys(DIMENSIONS, 0)


def test_an_answer_that_was_cut_while_thinking_is_not_assessed() -> None:
    (apples,) = _scored(_answer("apples", "", thinking="first, the apples", done_reason="length")).prompts

    assert apples.scores.model_dump() == dict.fromkeys(DIMENSIONS)
    assert "still thinking, at 160 tokens" in (apples.reason or "")


def test_the_first_answer_alone_feeds_the_totals() -> None:
    bad = "no idea"
    quality = _scored(_answer("apples", bad), _answer("apples", seed=2), _answer("apples", seed=3))
    (apples,) = quality.prompts

    assert quality.totals.follow == 0
    assert (apples.answer, [sample.seed for sample in apples.samples]) == (bad, [2, 3])
    assert apples.pass_rate is not None
    assert (apples.pass_rate.n, apples.pass_rate.passed, apples.pass_rate.rate) == (2, 2, 1.0)


def test_the_pass_rate_is_of_the_further_answers_with_wilsons_interval() -> None:
    samples = [_answer("apples", text, seed=seed) for seed, text in enumerate([GOOD_ANSWERS["apples"]] * 3 + ["no"], 2)]
    failed = _answer("apples", seed=9, error=RequestError(kind="timeout", message="silent"))
    (apples,) = _scored(_answer("apples"), *samples, failed).prompts

    assert apples.pass_rate is not None
    assert (apples.pass_rate.n, apples.pass_rate.passed, apples.pass_rate.rate) == (4, 3, 0.75)
    # (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) for p = 3/4, n = 4, z = 1.96
    assert apples.pass_rate.ci95 == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_one_answer_has_no_pass_rate() -> None:
    assert _scored(_answer("apples")).prompts[0].pass_rate is None


def test_prompts_stand_in_the_order_of_the_pack() -> None:
    quality = _scored(*[_answer(prompt_id) for prompt_id in ("json", "apples", "release_note")])

    assert [prompt.id for prompt in quality.prompts] == ["apples", "release_note", "json"]
    assert quality.prompts[0].prompt == "You have 3 apples, buy 2, eat 1. How many left? Explain briefly."


def test_no_answers_are_no_quality() -> None:
    assert score_quality(shipped_pack(), []) is None


@pytest.fixture(scope="module")
def plan() -> RunPlan:
    return example_plan()


def test_deciding_anew_changes_the_verdict_and_nothing_else(plan: RunPlan) -> None:
    result = example_result(plan=plan)
    again = decide(result, Policy(min_gen_tok_s=1000))

    assert again.verdict.decision == "try 3–8B"
    assert again.verdict.conditions[1].limit == 1000
    assert again.model_copy(update={"verdict": result.verdict}) == result


def test_deciding_anew_under_the_same_policy_gives_the_same_document(plan: RunPlan) -> None:
    for trials in ([], example_trials(plan)[:9], example_trials(plan, {"apples": "no", "json": "no"})):
        result = example_result(trials, plan)

        assert decide(result, Policy()) == result


def test_deciding_anew_needs_nothing_but_the_document(plan: RunPlan) -> None:
    result = RunResult.model_validate_json(example_result(plan=plan).to_json())

    assert decide(result, Policy()) == result
