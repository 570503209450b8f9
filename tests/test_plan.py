"""What a run will do: profiles, overrides, the order of its requests and the body of each."""

import json
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.plan import Overrides, load_profile, make_plan, request_body, steps
from orchestrator.errors import ConfigurationError
from tests.examples import example_plan, shipped_pack


@pytest.mark.parametrize(
    ("name", "counts"), [("quick", (1, 3, 3, 1, 1)), ("standard", (3, 10, 10, 3, 3)), ("thorough", (5, 30, 60, 5, 5))]
)
def test_the_shipped_profiles(
    name: str, counts: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no configuration of its own
    profile = load_profile(name)

    assert (profile.cold, profile.warm, profile.real, profile.long, profile.quality_seeds) == counts


def test_a_profile_of_the_working_directory_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/profiles.yaml").write_text("mine: {cold: 1, warm: 2, real: 3, long: 4, quality_seeds: 5}\n")
    monkeypatch.chdir(tmp_path)

    assert load_profile("mine").long == 4
    with pytest.raises(ConfigurationError, match=r"no profile is called 'quick': .*profiles.yaml has mine"):
        load_profile("quick")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quick: {cold: 1, warm: 3, real: 3, long: 1}\n", "1: quick.quality_seeds: missing"),
        ("quick: {cold: 1, warm: 3, real: 3, long: 1, quality_seeds: 1, extra: 1}\n", "1: quick.extra: unknown key"),
        ("quick:\n  cold: 0\n  warm: 3\n  real: 3\n  long: 1\n  quality_seeds: 1\n", "2: quick.cold: Input should be"),
        ("quick: {cold: true, warm: 3, real: 3, long: 1, quality_seeds: 1}\n", "1: quick.cold: Input should be"),
        ("quick: {cold: 1, warm: 10001, real: 3, long: 1, quality_seeds: 1}\n", "1: quick.warm: Input should be"),
    ],
)
def test_a_malformed_profile_is_told_with_file_line_and_key(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/profiles.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError) as raised:
        load_profile("quick")

    assert f"profiles.yaml:{message}" in str(raised.value)


def test_what_nobody_asked_for_has_its_default() -> None:
    plan = example_plan()

    assert (plan.num_ctx, plan.seed, plan.temperature, plan.think, plan.pull) == (4096, 1, 0.0, False, True)
    assert (plan.first_byte_timeout_s, plan.gap_timeout_s, plan.keep_alive) == (300.0, 60.0, "10m")
    assert plan.trials == {"cold": 1, "warm": 3, "real": 3, "long": 1}
    assert {phase: prompt.num_predict for phase, prompt in plan.prompts.items()} == {
        "cold": 32,
        "warm": 32,
        "real": 160,
        "long": 128,
    }
    assert [(prompt.id, prompt.num_predict) for prompt in plan.quality_prompts] == [
        ("apples", 160),
        ("release_note", 160),
        ("json", 160),
    ]


def test_the_prompts_that_are_named_by_the_definition_of_the_phases() -> None:
    prompts = example_plan().prompts

    assert prompts["cold"] == prompts["warm"]
    assert prompts["cold"].text == "Say 'ready' once."
    assert prompts["real"].text.startswith(
        "Summarize this product pitch into 3 bullet benefits and 1 risk. Keep under 70 words."
    )
    assert 1500 < len(prompts["long"].text.split()) < 2000  # about 2,000 tokens


def test_overrides_win() -> None:
    plan = example_plan(num_ctx=2048, num_predict=64, seed=7, temperature=0.5, timeout_s=9.5, think=True, pull=False)

    assert (plan.num_ctx, plan.seed, plan.temperature, plan.think, plan.pull) == (2048, 7, 0.5, True, False)
    assert (plan.first_byte_timeout_s, plan.gap_timeout_s) == (9.5, 9.5)
    assert {prompt.num_predict for prompt in (*plan.prompts.values(), *plan.quality_prompts)} == {64}


def test_seed_0_and_temperature_0_are_not_taken_for_absent() -> None:
    plan = example_plan(seed=0, temperature=0.0)

    assert (plan.seed, plan.temperature, plan.quality_seeds) == (0, 0.0, (0,))


@pytest.mark.parametrize(("num_predict", "num_ctx"), [(160, 160), (161, 160), (4096, None)])
def test_num_predict_must_leave_room_for_the_prompt(num_predict: int, num_ctx: int | None) -> None:
    with pytest.raises(ConfigurationError, match=r"leaves no room for the prompt in num_ctx .*raise --num-ctx"):
        example_plan(num_predict=num_predict, num_ctx=num_ctx)


def test_num_predict_just_below_num_ctx_is_taken() -> None:
    assert example_plan(num_predict=159, num_ctx=160).prompts["real"].num_predict == 159


@pytest.mark.parametrize(
    "overrides",
    [
        {"num_predict": 0},  # to Ollama: without end
        {"num_predict": -1},
        {"num_ctx": 0},
        {"seed": -1},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"timeout_s": 0.0},
        {"timeout_s": float("inf")},
        {"timeout_s": float("nan")},
    ],
)
def test_a_value_that_cannot_work_is_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"{next(iter(overrides))} .* is not between"):
        example_plan(**overrides)


@pytest.mark.parametrize("model", ["", "  ", "a\nb", "a\tb", "a\x1b[31mb", "a\u202eb", "a\udcffb", "a" * 1001])
def test_what_is_no_model_name(model: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a model name"):
        example_plan(model)


@pytest.mark.parametrize("model", ["llama3.2:1b", "hf.co/user/Repo-GGUF:Q4_K_M", "/models/größe 1.gguf", "../x"])
def test_what_may_be_a_model_name(model: str) -> None:
    assert example_plan(model).model == model


def test_the_order_of_the_requests() -> None:
    plan = example_plan(quality_seeds=2, seed=5)

    assert [(step.phase, step.index, step.prompt.id) for step in steps(plan)] == [
        ("cold", 0, "short"),
        *[("warm", index, "short") for index in range(3)],
        *[("real", index, "real") for index in range(3)],
        ("long", 0, "long"),
        *[("quality", index, prompt) for prompt in ("apples", "release_note", "json") for index in range(2)],
    ]


def test_the_first_quality_answer_is_taken_at_temperature_0_and_further_seeds_at_0_8() -> None:
    plan = example_plan(quality_seeds=3, seed=5, temperature=0.3)
    apples = [step for step in steps(plan) if step.prompt.id == "apples"]

    assert [(step.seed, step.temperature) for step in apples] == [(5, 0.0), (6, 0.8), (7, 0.8)]
    assert {(step.seed, step.temperature) for step in steps(plan) if step.phase != "quality"} == {(5, 0.3)}


def test_without_quality_there_are_no_quality_requests() -> None:
    plan = example_plan(quality=False)

    assert (plan.quality_prompts, plan.quality_seeds) == ((), ())
    assert {step.phase for step in steps(plan)} == {"cold", "warm", "real", "long"}


def test_the_body_of_a_request() -> None:
    plan = example_plan(seed=3)
    cold = steps(plan)[0]

    assert request_body(plan, cold, None, can_think=False) == {
        "model": "llama3.2:1b",
        "prompt": "Say 'ready' once.",
        "stream": True,
        "keep_alive": "10m",
        "truncate": False,
        "options": {"num_ctx": 4096, "num_predict": 32, "temperature": 0.0, "seed": 3},
    }


def test_a_nonce_stands_on_a_line_before_the_prompt() -> None:
    plan = example_plan()
    real = next(step for step in steps(plan) if step.phase == "real")

    assert request_body(plan, real, "[1234]", can_think=False)["prompt"] == f"[1234]\n{real.prompt.text}"


@pytest.mark.parametrize("think", [False, True])
def test_think_is_sent_to_models_that_know_it(think: bool) -> None:
    plan = example_plan(think=think)

    assert request_body(plan, steps(plan)[0], None, can_think=True)["think"] is think
    assert "think" not in request_body(plan, steps(plan)[0], None, can_think=False)


def test_every_request_loads_the_model_in_the_same_way_and_bounds_its_answer() -> None:
    plan = example_plan()
    bodies = [request_body(plan, step, None, can_think=True) for step in steps(plan)]

    assert {body["options"]["num_ctx"] for body in bodies} == {4096}
    assert all(body["options"]["num_predict"] > 0 for body in bodies)
    assert plan.load_options == {"num_ctx": 4096}


def test_the_plan_keeps_every_option_that_shaped_the_run() -> None:
    plan = example_plan(seed=9, num_ctx=2048, temperature=0.1, timeout_s=5.0, think=True)
    document = json.loads(plan.model_dump_json())

    assert type(plan).model_validate(document) == plan
    kept_by_effect = {"num_predict", "timeout_s", "quality", "min_warm"}
    assert set(Overrides.model_fields) - set(document) == kept_by_effect
    assert (document["gap_timeout_s"], document["first_byte_timeout_s"]) == (5.0, 5.0)


def test_a_plan_is_made_without_touching_the_profile_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = load_profile("quick")
    monkeypatch.chdir(tmp_path)

    assert make_plan("m", "quick", profile, shipped_pack(), Overrides()).profile == "quick"
