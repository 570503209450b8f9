"""Quality by prompt: differences are marked, and no more is made of single answers."""

from typing import Any

import pytest
from scipy import stats as scipy_stats

from ollama_bench.compare.comparison import compare
from ollama_bench.compare.document import Comparison
from ollama_bench.compare.quality import ComparedPrompt, ComparedQuality
from ollama_bench.scorecard import RunResult
from ollama_bench.stability import Validity
from ollama_bench.stability.rule import ValidityCondition
from ollama_bench.trial import RequestError
from tests.compare.examples import run, side
from tests.examples import GOOD_ANSWERS, example_plan, example_trials


def answering(
    name: str, answers: dict[str, str], seeds: int = 1, first: dict[str, str] | None = None, **changes: Any
) -> Any:
    """A run whose answers are the good ones but for `answers`; `first` replaces those of temperature 0 only."""
    plan = example_plan(quality_seeds=seeds)
    trials = [
        trial.model_copy(update={"text": first[trial.prompt_id]})
        if first and trial.phase == "quality" and trial.index == 0 and trial.prompt_id in first
        else trial
        for trial in example_trials(plan, answers)
    ]
    return run(name, plan=plan, trials=trials, **changes)


def compared(ours: Any, theirs: Any, *, forced: bool = False) -> tuple[Comparison, ComparedQuality]:
    comparison = compare([side(0, *ours), side(1, *theirs)], forced=forced)
    quality = comparison.pairs[0].quality
    assert quality is not None
    return comparison, quality


def in_doubt(result: RunResult, code: str) -> RunResult:
    """The same run, with a condition that does not hold."""
    condition = ValidityCondition(code=code, text="", passed=False)
    return result.model_copy(update={"validity": Validity(valid=False, conditions=(condition,))})


def of(quality: ComparedQuality, name: str) -> ComparedPrompt:
    return next(prompt for prompt in quality.prompts if prompt.id == name)


def test_answers_that_score_alike_differ_on_nothing() -> None:
    comparison, quality = compared([run("a")], [run("b")])

    assert [prompt.id for prompt in quality.prompts] == list(GOOD_ANSWERS)
    assert [prompt.differs for prompt in quality.prompts] == [(), (), ()]
    assert {name: (score.ones, score.n) for name, score in quality.candidate_totals.items()} == {
        "follow": (3, 3),
        "coherent": (3, 3),
        "no_hallucination": (3, 3),
    }
    assert "Quality: first answers score alike on all 3 prompts" in comparison.pairs[0].summary


def test_a_difference_is_named_by_prompt_and_dimension_and_claims_nothing() -> None:
    comparison, quality = compared([run("a")], [answering("b", {"json": "no idea"})])
    differing = of(quality, "json")

    assert "follow" in differing.differs
    assert (differing.reference.scores["follow"].ones, differing.candidate.scores["follow"].ones) == (1, 0)
    (said,) = [line for line in comparison.pairs[0].summary if line.startswith("Quality")]
    assert said.startswith("Quality differs on json (follow")
    assert said.endswith("single answers, no claim of better or worse")
    assert comparison.family.tests == sum(found.p_value is not None for found in comparison.pairs[0].rows)


def test_runs_of_a_side_that_do_not_agree_show_how_many_passed() -> None:
    _, quality = compared([run("a")], [answering("b", {"json": "no idea"}), run("c", minute=1)])
    score = of(quality, "json").candidate.scores["follow"]

    assert (score.ones, score.n, score.share) == (1, 2, 0.5)
    assert "follow" in of(quality, "json").differs


def test_a_prompt_that_was_not_assessed_differs_on_nothing() -> None:
    plan = example_plan()
    failed = RequestError(kind="timeout", message="silence")
    trials = [t.model_copy(update={"error": failed}) if t.prompt_id == "json" else t for t in example_trials(plan)]
    _, quality = compared([run("a")], [run("b", plan=plan, trials=trials)])

    assert of(quality, "json").candidate.scores["follow"].n == 0
    assert of(quality, "json").differs == ()


def test_further_answers_have_an_interval_and_below_six_no_test() -> None:
    comparison, quality = compared([answering("a", {}, seeds=5)], [answering("b", {"json": "no"}, seeds=5)])
    prompt = of(quality, "json")

    assert prompt.reference.further is not None
    assert (prompt.reference.further.passed, prompt.reference.further.n) == (4, 4)
    assert prompt.reference.further.ci95 == pytest.approx((0.5101, 1.0), abs=1e-4)  # Wilson's, 4 of 4
    assert (prompt.p_value, prompt.passes) == (None, None)
    assert not any("passes json" in line for line in comparison.pairs[0].summary)


def test_enough_further_answers_are_tested_by_fisher_among_all_tests() -> None:
    ours, theirs = answering("a", {}, seeds=11), answering("b", {"json": "no"}, seeds=11)
    comparison, quality = compared([ours], [theirs])
    prompt = of(quality, "json")

    assert prompt.p_value == pytest.approx(scipy_stats.fisher_exact([[10, 0], [0, 10]]).pvalue)
    assert (prompt.passes, of(quality, "apples").passes) == ("less often", "cannot tell")
    assert comparison.family.tests == 3 + sum(found.p_value is not None for found in comparison.pairs[0].rows)
    said = "B passes json less often than A: 0 of 10 further answers, A 10 of 10"
    assert said in comparison.pairs[0].summary
    assert (
        "Cannot tell which passes apples more often: B 10 of 10 further answers, A 10 of 10"
        in comparison.pairs[0].summary
    )
    _, mirrored = compared([theirs], [ours])
    assert of(mirrored, "json").passes == "more often"


def test_answers_of_a_run_that_both_sides_hold_are_not_tested() -> None:
    shared = answering("a", {}, seeds=11)
    comparison, quality = compared([shared], [shared, answering("b", {"json": "no"}, seeds=11, minute=1)])

    assert comparison.family.tests == 0
    assert {(prompt.p_value, prompt.passes) for prompt in quality.prompts} == {(None, None)}


@pytest.mark.parametrize("code", ["incomplete", "failed_requests"])
def test_answers_of_a_doubtful_run_pass_more_often_only_when_it_is_forced(code: str) -> None:
    ours, theirs = answering("a", {}, seeds=11), in_doubt(answering("b", {"json": "no"}, seeds=11), code)
    comparison, quality = compared([ours], [theirs])
    prompt = of(quality, "json")

    assert (prompt.passes, prompt.reason, prompt.marks) == ("cannot tell", f"in doubt: B {code}", ("doubtful",))
    assert any(
        line.startswith("Cannot tell which passes json more often") and line.endswith(f"(in doubt: B {code})")
        for line in comparison.pairs[0].summary
    )
    forced, quality = compared([ours], [theirs], forced=True)
    assert (of(quality, "json").passes, of(quality, "json").marks) == ("less often", ("doubtful",))
    (said,) = [line for line in forced.pairs[0].summary if line.startswith("B passes json")]
    assert said.endswith("(from a doubtful run)")


def test_load_by_others_leaves_the_answers_what_they_are() -> None:
    theirs = in_doubt(answering("b", {"json": "no"}, seeds=11), "other_load")
    _, quality = compared([answering("a", {}, seeds=11)], [theirs])
    assert (of(quality, "json").passes, of(quality, "json").marks) == ("less often", ())


def test_a_forced_claim_about_answers_to_unlike_prompts_is_marked() -> None:
    theirs = answering("b", {"json": "no"}, seeds=11, environment={"cpu": "M4"})
    comparison, quality = compared([answering("a", {}, seeds=11)], [theirs], forced=True)

    assert (of(quality, "json").passes, of(quality, "json").marks) == ("less often", ("unlike",))
    (said,) = [line for line in comparison.pairs[0].summary if line.startswith("B passes json")]
    assert said.endswith("(measured under unlike circumstances)")


def test_the_same_seed_in_another_run_is_the_same_answer() -> None:
    runs = [answering(f"a{i}", {}, seeds=5, minute=i) for i in range(4)]
    _, quality = compared(runs, [answering("b", {}, seeds=5)])
    further = of(quality, "json").reference.further

    assert further is not None
    assert further.n == 4


def test_a_prompt_of_one_side_is_named() -> None:
    plan = example_plan()
    shorter = plan.model_copy(update={"quality_prompts": plan.quality_prompts[:2]})
    comparison = compare([side(0, run("a")), side(1, run("b", plan=shorter))], forced=True)

    assert "Quality: asked of one side only: json" in comparison.pairs[0].summary
