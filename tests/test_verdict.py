"""The keep-small / scale-up rule at, just below and just above each of its limits."""

from pathlib import Path

import pytest

from ollama_bench import resources
from ollama_bench.metrics import Summary
from ollama_bench.quality.scores import AnswerScore
from ollama_bench.trial import TimedPhase
from ollama_bench.verdict import Condition, Policy, Verdict, decide_verdict, prompt_passed
from orchestrator.config import load_yaml, parse_yaml
from orchestrator.errors import ConfigurationError

PASS = AnswerScore(follow=1, coherent=1, no_hallucination=1)
FAIL = AnswerScore(follow=1, coherent=0, no_hallucination=1)
UNKNOWN = AnswerScore(follow=None, coherent=None, no_hallucination=None)


def _decide(
    latency_s: float | None = 1.0,
    tok_s: float | None = 40.0,
    scores: tuple[AnswerScore, ...] = (PASS, PASS, PASS),
    parameters: int | None = 1_000_000_000,
    policy: Policy = Policy(),  # noqa: B008 (frozen)
) -> Verdict:
    phases: dict[TimedPhase, dict[str, Summary]] = {
        "warm": {"latency_s": Summary(n=3, p50=latency_s, p95=99.0), "gen_tok_s": Summary(n=3, p50=1.0)},
        "real": {"gen_tok_s": Summary(n=3, p50=tok_s, p95=0.1), "latency_s": Summary(n=3, p50=99.0)},
    }
    return decide_verdict(phases, scores, parameters, policy)


def _condition(verdict: Verdict, name: str) -> Condition:
    return next(condition for condition in verdict.conditions if condition.name == name)


def test_a_model_that_holds_every_condition_is_kept() -> None:
    verdict = _decide()

    assert verdict.decision == "keep small"
    assert [condition.passed for condition in verdict.conditions] == [True, True, True]
    assert (verdict.suggestions, verdict.advice) == ((), ())


@pytest.mark.parametrize(("latency_s", "passed"), [(1.999, True), (2.0, True), (2.001, False)])
def test_short_latency_above_two_seconds_fails(latency_s: float, passed: bool) -> None:
    condition = _condition(_decide(latency_s=latency_s), "short_latency_s")

    assert (condition.observed, condition.limit, condition.passed) == (latency_s, 2.0, passed)
    assert _decide(latency_s=latency_s).decision == ("keep small" if passed else "try 3–8B")


@pytest.mark.parametrize(("tok_s", "passed"), [(20.001, True), (20.0, True), (19.999, False)])
def test_generation_below_twenty_tokens_a_second_fails(tok_s: float, passed: bool) -> None:
    condition = _condition(_decide(tok_s=tok_s), "gen_tok_s")

    assert (condition.observed, condition.limit, condition.passed) == (tok_s, 20.0, passed)
    assert _decide(tok_s=tok_s).decision == ("keep small" if passed else "try 3–8B")


@pytest.mark.parametrize(
    ("scores", "observed", "passed"),
    [
        ((PASS, PASS, PASS), 0, True),
        ((FAIL, PASS, PASS), 1, True),
        ((FAIL, FAIL, PASS), 2, False),
        ((FAIL, FAIL, FAIL), 3, False),
        ((UNKNOWN, PASS, PASS), 0, True),  # whatever the third was, at most one failed
        ((UNKNOWN, FAIL, PASS), 1, None),
        ((UNKNOWN, FAIL, FAIL), 2, False),
        ((UNKNOWN, UNKNOWN, PASS), 0, None),
        ((UNKNOWN, UNKNOWN, UNKNOWN), None, None),
        ((), None, None),
    ],
)
def test_two_failed_quality_prompts_of_three_fail(
    scores: tuple[AnswerScore, ...], observed: float | None, passed: bool | None
) -> None:
    condition = _condition(_decide(scores=scores), "failed_quality_prompts")

    assert (condition.observed, condition.limit, condition.passed) == (observed, 1.0, passed)


def test_what_was_not_measured_never_passes_however_lenient_the_policy() -> None:
    lenient = Policy(max_failed_quality_prompts=3)

    assert _decide(scores=(UNKNOWN,) * 3, policy=lenient).decision == "inconclusive"
    assert _decide(scores=(FAIL,) * 3, policy=lenient).decision == "keep small"


@pytest.mark.parametrize(
    ("follow", "coherent", "no_hallucination", "passed"),
    [(1, 1, 1, True), (0, 1, 1, False), (1, 0, 1, False), (1, 1, 0, False), (1, None, 1, None), (0, None, 1, False)],
)
def test_a_prompt_passes_when_all_three_scores_are_1(
    follow: int | None, coherent: int | None, no_hallucination: int | None, passed: bool | None
) -> None:
    score = AnswerScore(follow=follow, coherent=coherent, no_hallucination=no_hallucination)

    assert prompt_passed(score) is passed


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"latency_s": None}, "short_latency_s"),
        ({"tok_s": None}, "gen_tok_s"),
        ({"scores": ()}, "failed_quality_prompts"),
        ({"scores": (), "latency_s": 99.0}, "failed_quality_prompts"),  # not even when another condition fails
    ],
)
def test_a_condition_that_was_not_measured_makes_it_inconclusive(changes: dict[str, None], missing: str) -> None:
    verdict = _decide(**changes)  # type: ignore[arg-type]

    assert verdict.decision == "inconclusive"
    assert _condition(verdict, missing).passed is None
    assert "not measured" in _condition(verdict, missing).text
    assert missing in verdict.advice[0]
    assert verdict.suggestions == ()


def test_phases_that_were_not_reached_are_not_measured() -> None:
    verdict = decide_verdict({}, [PASS] * 3, 1, Policy())

    assert verdict.decision == "inconclusive"
    assert [condition.observed for condition in verdict.conditions] == [None, None, 0]


@pytest.mark.parametrize(
    ("parameters", "decision"),
    [(None, "try 3–8B"), (2_999_999_999, "try 3–8B"), (3_000_000_000, "need bigger"), (70 * 10**9, "need bigger")],
)
def test_from_three_billion_parameters_on_scaling_up_means_bigger(parameters: int | None, decision: str) -> None:
    assert _decide(scores=(FAIL,) * 3, parameters=parameters).decision == decision


@pytest.mark.parametrize(
    ("parameters", "suggestions"),
    [
        (None, ("phi3:3.8b", "llama3.1:8b-instruct-q4_K_M")),
        (1_000_000_000, ("phi3:3.8b", "llama3.1:8b-instruct-q4_K_M")),
        (3_800_000_000, ("llama3.1:8b-instruct-q4_K_M",)),
        (8_000_000_000, ()),
    ],
)
def test_only_larger_models_are_suggested(parameters: int | None, suggestions: tuple[str, ...]) -> None:
    assert _decide(scores=(FAIL,) * 3, parameters=parameters).suggestions == suggestions


@pytest.mark.parametrize("changes", [{"latency_s": 3.0}, {"tok_s": 5.0}, {"tok_s": 5.0, "scores": (FAIL,) * 3}])
def test_where_speed_failed_it_says_that_a_heavier_model_will_be_slower(changes: dict[str, float]) -> None:
    advice = " ".join(_decide(**changes).advice)  # type: ignore[arg-type]

    assert "slower" in advice
    assert "quantisation" in advice
    assert "GPU" in advice


def test_where_only_quality_failed_there_is_no_advice_on_speed() -> None:
    assert _decide(scores=(FAIL,) * 3).advice == ()


def test_every_condition_tells_its_figure_and_its_limit() -> None:
    verdict = _decide(latency_s=2.345, tok_s=12.34, scores=(FAIL, UNKNOWN, PASS))

    assert [condition.text for condition in verdict.conditions] == [
        "short prompt, warm, median latency 2.35 s (at most 2 s)",
        "real prompt, median generation 12.3 tok/s (at least 20 tok/s)",
        "quality prompts: 1 of 3 failed, 1 not assessed (at most 1)",
    ]


def test_the_shipped_policy_is_the_default() -> None:
    assert load_yaml(resources.shipped("config/verdict.yaml"), Policy) == Policy()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_short_latency_s: 1\nmin_tok_s: 3\n", "mine.yaml:2: min_tok_s: unknown key"),
        ("max_short_latency_s: 0\n", "mine.yaml:1: max_short_latency_s: Input should be greater than 0"),
        ("min_gen_tok_s: .inf\n", "mine.yaml:1: min_gen_tok_s: Input should be a finite number"),
        ("min_gen_tok_s: true\n", "mine.yaml:1: min_gen_tok_s: Input should be a valid number"),
        ("min_gen_tok_s: '20'\n", "mine.yaml:1: min_gen_tok_s: Input should be a valid number"),
        ("max_failed_quality_prompts: -1\n", "mine.yaml:1: max_failed_quality_prompts: Input should be greater"),
        ("max_failed_quality_prompts: 1.5\n", "mine.yaml:1: max_failed_quality_prompts: Input should be a valid int"),
        ("max_failed_quality_prompts: yes\n", "mine.yaml:1: max_failed_quality_prompts: Input should be a valid int"),
        ("suggestions:\n  - model: a\n", "mine.yaml:2: suggestions.0.parameters: missing"),
        ("suggestions:\n  - {model: a, parameters: 8b}\n", "mine.yaml:2: suggestions.0.parameters: Input should be"),
    ],
)
def test_a_malformed_policy_is_told_with_file_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)

    with pytest.raises(ConfigurationError) as raised:
        load_yaml(path, Policy)

    assert str(raised.value).startswith(f"{tmp_path}/{message}")


def test_a_policy_of_ones_own() -> None:
    policy = parse_yaml("min_gen_tok_s: 60\nsuggestions: [{model: big:70b, parameters: 70000000000}]\n", Policy, "p")
    verdict = _decide(policy=policy)

    assert verdict.decision == "try 3–8B"
    assert verdict.suggestions == ("big:70b",)
    assert _condition(verdict, "gen_tok_s").limit == 60
