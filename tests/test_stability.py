"""Each doubt about a measurement: when it is raised, when it is not, and that it says what to do."""

import pytest

from ollama_bench.plan import RunPlan
from ollama_bench.stability import NONCE_TOKENS, cut_prompt, warn
from ollama_bench.trial import Trial
from tests.examples import example_figures, example_plan, example_trial, example_trials


@pytest.fixture(scope="module")
def plan() -> RunPlan:
    return example_plan()


def _codes(plan: RunPlan, *trials: Trial) -> list[str]:
    return [warning.code for warning in warn(plan, trials)]


def test_a_good_run_raises_no_doubt(plan: RunPlan) -> None:
    assert _codes(plan, *example_trials(plan)) == []
    assert _codes(plan) == []


def test_failed_requests_are_counted_and_the_first_is_told(plan: RunPlan) -> None:
    (warning,) = warn(plan, [example_trial(), example_trial(error="reset by peer"), example_trial(error="later")])

    assert warning.code == "failed_requests"
    assert warning.message == "2 of 3 requests failed, the first with: reset by peer"
    assert warning.remedy


def test_a_warm_request_before_which_the_model_was_not_listed(plan: RunPlan) -> None:
    (warning,) = warn(plan, [example_trial("warm", loaded_before=None), example_trial("cold", loaded_before=None)])

    assert warning.code == "not_proved_warm"
    assert "llama3.2:1b before 1 requests" in warning.message


@pytest.mark.parametrize(
    ("client_by_server", "doubted"), [(1.0, False), (1.04, False), (0.96, False), (1.06, True), (0.94, True)]
)
def test_clocks_may_differ_by_five_per_cent(plan: RunPlan, client_by_server: float, doubted: bool) -> None:
    chunk_ns = tuple(10_000_000 * i for i in range(101))  # 100 gaps in 1 s: 100 tok/s by the client's clock
    server = example_figures(eval_count=101, eval_duration_ns=round(1.01e9 * client_by_server))
    trial = example_trial(chunk_ns=chunk_ns, server=server)

    assert ("clocks_disagree" in _codes(plan, trial)) is doubted


def test_one_odd_trial_does_not_make_the_clocks_disagree(plan: RunPlan) -> None:
    odd = example_trial(server=example_figures(eval_duration_ns=10**9))

    assert _codes(plan, example_trial(), odd, example_trial()) == []
    assert _codes(plan, odd) == ["clocks_disagree"]


@pytest.mark.parametrize(("cached", "codes"), [(None, []), (NONCE_TOKENS, []), (NONCE_TOKENS + 1, ["prefix_cached"])])
def test_a_prompt_that_met_the_cache_in_spite_of_its_nonce(plan: RunPlan, cached: int | None, codes: list[str]) -> None:
    trial = example_trial("long", server=example_figures(prompt_eval_count=2000, prompt_eval_cached_count=cached))

    assert _codes(plan, trial) == codes


def test_a_repeated_warm_prompt_may_be_cached(plan: RunPlan) -> None:
    assert _codes(plan, example_trial("warm", server=example_figures(prompt_eval_cached_count=99))) == []


@pytest.mark.parametrize(
    ("count", "context_length", "cut"),
    [
        (None, 4096, False),
        (6, 4096, False),  # a token a word
        (5, 4096, True),  # fewer tokens than words
        (9, 10, False),
        (10, 10, True),  # the prompt fills the context
        (512, 512, True),
    ],
)
def test_a_prompt_that_was_cut_in_silence(count: int | None, context_length: int, cut: bool) -> None:
    error = cut_prompt("six words are in this prompt", example_figures(prompt_eval_count=count), context_length)

    assert (error is not None) is cut
    if error is not None:
        assert error.kind == "truncated"
        assert "--num-ctx" in error.message
