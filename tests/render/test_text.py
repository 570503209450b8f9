"""The scorecard in text: the five lines exactly, and each way in which a figure can be missing."""

from typing import Any

import pytest

from ollama_bench.metrics import summarize
from ollama_bench.observed import Resources
from ollama_bench.render import FORMATS
from ollama_bench.render.lines import figure, headline, megabytes, spread, vram
from ollama_bench.render.text import render_text
from ollama_bench.trial import RequestError
from ollama_bench.verdict import Policy
from tests.examples import (
    NOTE_WITH_AN_INVENTED_FIGURE,
    example_plan,
    example_result,
    example_trials,
    the_example_of_the_design,
)

FIVE_LINES = """\
Model: llama3.2:1b  Quant: Q8_0  Hardware: AMD EPYC, 2 cores, 23.5 GiB, no GPU
Warm start latency (s): 0.31  Real prompt latency (s): 2.84  tok/s: 41.2
Peak RSS (MB): 1873  CPU avg %: 187
Quality (3 tests): follow 3/3  coherent 3/3  no-hallucination 2/3
Verdict: keep small
"""


def test_the_scorecard_begins_with_the_five_lines() -> None:
    assert render_text(the_example_of_the_design()).startswith(FIVE_LINES + "\n")


def test_then_come_the_conditions_one_by_one() -> None:
    lines = render_text(the_example_of_the_design()).splitlines()

    assert lines[6:9] == [
        "  ok   short prompt, warm, median latency 0.31 s (at most 2 s)",
        "  ok   real prompt, median generation 41.2 tok/s (at least 20 tok/s)",
        "  ok   quality prompts: 1 of 3 failed (at most 1)",
    ]


def test_failed_and_unmeasured_conditions_are_marked_and_followed_by_what_to_do() -> None:
    slow = example_result(policy=Policy(min_gen_tok_s=1000))
    unmeasured = example_result(plan=example_plan(quality=False))

    assert "  FAIL real prompt" in render_text(slow)
    assert "  Try: phi3:3.8b, llama3.1:8b-instruct-q4_K_M\n" in render_text(slow)
    assert "  Speed is what failed: a heavier model will be slower still" in render_text(slow)
    assert "  ??   quality prompts: not measured (at most 1)\n" in render_text(unmeasured)


def test_a_base_model_is_named_as_such_after_its_quantisation() -> None:
    result = the_example_of_the_design()
    result = result.model_copy(update={"model": result.model.model_copy(update={"chat_template": False})})

    assert headline(result)[0].startswith(
        "Model: llama3.2:1b  Quant: Q8_0 (base model, no chat template)  Hardware: AMD EPYC"
    )


def test_a_remote_server_has_no_resources_and_not_this_machines_hardware() -> None:
    result = example_result()
    result = result.model_copy(update={"server": result.server.model_copy(update={"local": False})})

    assert "Hardware: n/a (remote" in headline(result)[0]
    assert headline(result)[2] == "Peak RSS (MB): n/a (remote)  CPU avg %: n/a (remote)"


def test_what_was_not_measured_is_not_0() -> None:
    result = example_result([], resources=Resources(interval_s=0.1))

    assert headline(result)[1:] == [
        "Warm start latency (s): n/a  Real prompt latency (s): n/a  tok/s: n/a",
        "Peak RSS (MB): n/a  CPU avg %: n/a",
        "Quality (3 tests): follow n/a  coherent n/a  no-hallucination n/a",
        "Verdict: inconclusive",
    ]


def test_an_unknown_quantisation_is_called_so() -> None:
    result = example_result()
    result = result.model_copy(update={"model": result.model.model_copy(update={"quantization": None})})

    assert "Quant: unknown  Hardware" in headline(result)[0]


def test_without_quality_there_are_no_tests() -> None:
    result = example_result(plan=example_plan(quality=False))

    assert headline(result)[3] == "Quality (0 tests): follow n/a  coherent n/a  no-hallucination n/a"


def test_quality_prompts_that_could_not_be_assessed_are_told() -> None:
    trials = example_trials(example_plan())
    failed = trials[-1].model_copy(update={"error": RequestError(kind="timeout", message="silent for 60 s")})

    assert headline(example_result([*trials[:-1], failed]))[3] == (
        "Quality (3 tests): follow 2/2 (1 not assessed)  coherent 2/2 (1 not assessed)"
        "  no-hallucination 2/2 (1 not assessed)"
    )
    assert "follow 2/2 (1 not assessed)" in headline(example_result(trials[:-1]))[3]  # not reached


def test_an_incomplete_run_says_so_first() -> None:
    text = render_text(example_result(complete=False))

    assert text.startswith("INCOMPLETE: the run ended early")
    assert "\nModel: llama3.2:1b" in text
    assert "INCOMPLETE" not in render_text(example_result())


def test_warnings_come_with_their_remedy() -> None:
    plan = example_plan()
    trials = [trial.model_copy(update={"loaded_before": None}) for trial in example_trials(plan)]

    text = render_text(example_result(trials))
    assert "\nMeasurement: DOUBTFUL\n" in text
    assert "\n  DOUBT /api/ps did not list llama3.2:1b before 10 requests" in text
    assert "\n        a load may be in their figures" in text


def test_a_run_without_a_doubt_is_valid_and_says_what_could_not_be_seen() -> None:
    text = render_text(example_result())
    assert "\nMeasurement: VALID\n  ok    the run is whole\n" in text
    assert "\n  ??    nothing was swapped: not known (this system does not tell)\n" in text


def test_every_0_is_shown_with_what_it_was_given_for() -> None:
    lines = render_text(the_example_of_the_design()).splitlines()
    at = lines.index("release_note: follow 1  coherent 1  no-hallucination 0")

    assert lines[at + 1] == f"  answer: {NOTE_WITH_AN_INVENTED_FIGURE}"
    assert lines[at + 2].startswith("  no_hallucination 0, no_specifics: number: 3; expected ")
    assert lines[at + 3].startswith("json: ")


def test_further_answers_are_shown_with_their_pass_rate() -> None:
    assert "  passed 2 of 2 further answers (95 % interval 34% to 100%)" in render_text(
        example_result(plan=example_plan(quality_seeds=3))
    )


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "n/a"),
        ([2.0], "p50 2.00  n=1"),
        ([1.0, 3.0], "p50 2.00 [1.00 to 3.00]  p95 2.90 (indicative)  n=2"),
        ([1.0] * 58, "p50 1.00 [1.00 to 1.00]  p95 1.00 (indicative)  n=58"),
        ([1.0] * 59, "p50 1.00 [1.00 to 1.00]  p95 1.00  n=59"),
    ],
)
def test_a_p95_of_fewer_than_59_samples_is_indicative(values: list[float], text: str) -> None:
    assert spread(summarize(values), 2) == text


@pytest.mark.parametrize(
    ("resources", "text"),
    [
        ({}, "n/a"),
        ({"peak_vram_bytes": 5_000_000_000, "vram_source": "nvml"}, "5000 MB (NVML)"),
        ({"peak_vram_bytes": 0, "vram_source": "api_ps"}, "0 MB (the server's own estimate)"),
    ],
)
def test_vram_names_its_source(resources: dict[str, Any], text: str) -> None:
    assert vram(Resources(interval_s=0.1, **resources)) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(None, "n/a"), (0, "0"), (499_999, "0"), (500_000, "1"), (10**400, str(10**394))]
)
def test_megabytes_are_millions_of_bytes(size_bytes: int | None, text: str) -> None:
    assert megabytes(size_bytes) == text


def test_a_missing_figure_is_not_0() -> None:
    assert (figure(None, 2), figure(0.0, 2)) == ("n/a", "0.00")


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_ends_with_one_newline_and_has_no_escape(fmt: str) -> None:
    text = FORMATS[fmt](example_result())

    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text
