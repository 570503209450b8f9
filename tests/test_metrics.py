"""Every metric by its definition, on trials small enough to compute by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.metrics import (
    TRIAL_METRICS,
    Summary,
    inter_token_gaps_s,
    summarize,
    summarize_phase,
    trial_metrics,
)
from ollama_bench.server.answer import AnswerReader
from ollama_bench.trial import Phase
from tests.examples import example_figures, example_trial

INT64_MIN = -(2**63)


def test_latency_ends_with_the_last_byte_and_text_latency_with_the_last_text() -> None:
    figures = trial_metrics(example_trial(chunk_ns=(200_000_000, 900_000_000), end_ns=1_070_000_000))

    assert figures["latency_s"] == 1.07
    assert figures["text_latency_s"] == 0.9


def test_time_to_first_token_counts_thinking_which_is_reported_apart() -> None:
    figures = trial_metrics(example_trial(chunk_ns=(100_000_000, 700_000_000), first_answer_ns=700_000_000))

    assert figures["ttft_s"] == 0.1
    assert figures["answer_ttft_s"] == 0.7


def test_an_answer_of_thinking_alone_has_no_first_answer() -> None:
    figures = trial_metrics(example_trial(first_answer_ns=None, text="", thinking="hm"))

    assert figures["ttft_s"] == 0.22
    assert figures["answer_ttft_s"] is None


def test_inter_token_latency_is_the_gaps_between_chunks() -> None:
    assert inter_token_gaps_s(example_trial(chunk_ns=(100_000_000, 130_000_000, 190_000_000))) == [0.03, 0.06]
    assert inter_token_gaps_s(example_trial(chunk_ns=(100_000_000,))) == []


def test_generation_is_the_servers_count_over_the_servers_time() -> None:
    assert _figure("gen_tok_s", eval_count=103, eval_duration_ns=2_500_000_000) == 41.2


@pytest.mark.parametrize("duration_ns", [None, 0, -1, -49_000_000, INT64_MIN])
def test_a_rate_needs_a_positive_duration(duration_ns: int | None) -> None:
    assert _figure("gen_tok_s", eval_duration_ns=duration_ns) is None
    assert _figure("prompt_tok_s", prompt_eval_duration_ns=duration_ns) is None


@pytest.mark.parametrize(("count", "rate"), [(None, None), (-8, None), (0, None), (1, None), (7, None), (8, 8.0)])
def test_a_rate_needs_eight_tokens(count: int | None, rate: float | None) -> None:
    assert _figure("gen_tok_s", eval_count=count, eval_duration_ns=10**9) == rate
    assert _figure("prompt_tok_s", prompt_eval_count=count, prompt_eval_duration_ns=10**9) == rate


def test_one_token_in_one_microsecond_is_no_rate() -> None:
    assert _figure("gen_tok_s", eval_count=1, eval_duration_ns=1000) is None


@pytest.mark.parametrize(
    ("eval_count", "chunks", "tokens_sent"),
    [
        (20, 20, 20),  # every token came in a chunk of its own
        (20, 19, 19),  # the stop token, or an old server's last one, was counted and not sent
        (20, 10, 19),  # characters of several tokens were merged: chunks are not tokens
        (20, 21, 20),
    ],
)
def test_the_clients_estimate_spans_one_gap_less_than_tokens_sent(
    eval_count: int, chunks: int, tokens_sent: int
) -> None:
    arrivals_ns = [500_000_000 + i * 2 * 10**9 // (chunks - 1) for i in range(chunks)]
    arrivals_ns[-1] = 2_500_000_000
    trial = example_trial(chunk_ns=tuple(arrivals_ns), server=example_figures(eval_count=eval_count))

    assert trial_metrics(trial)["client_gen_tok_s"] == (tokens_sent - 1) / 2.0


@pytest.mark.parametrize("chunk_ns", [(), (5,), (5,) * 20])
def test_the_clients_estimate_needs_time_between_chunks(chunk_ns: tuple[int, ...]) -> None:
    trial = example_trial(chunk_ns=chunk_ns, server=example_figures(eval_count=20))

    assert trial_metrics(trial)["client_gen_tok_s"] is None


def test_prefill_is_prompt_tokens_over_prompt_time() -> None:
    assert _figure("prompt_tok_s", prompt_eval_count=2000, prompt_eval_duration_ns=4 * 10**9) == 500.0


def test_cached_prompt_tokens_are_never_divided_by_a_time_that_excludes_them() -> None:
    cached = {"prompt_eval_count": 310, "prompt_eval_cached_count": 300, "prompt_eval_duration_ns": 20_000_000}

    assert _figure("prompt_tok_s", **cached) == 500.0
    assert _figure("prompt_tok_s", **cached | {"prompt_eval_cached_count": 305}) is None  # 5 tokens are no rate
    assert _figure("prompt_tok_s", **cached | {"prompt_eval_cached_count": 400}) is None


def test_warm_repeats_its_prompt_and_so_has_no_prefill_rate() -> None:
    assert trial_metrics(example_trial("warm"))["prompt_tok_s"] is None
    assert trial_metrics(example_trial("cold"))["prompt_tok_s"] == 500.0


@pytest.mark.parametrize(("duration_ns", "load_s"), [(1_300_000_000, 1.3), (0, 0.0), (None, None), (INT64_MIN, None)])
def test_load(duration_ns: int | None, load_s: float | None) -> None:
    trial = example_trial("cold", server=example_figures(load_duration_ns=duration_ns))

    assert trial_metrics(trial)["load_s"] == load_s


@pytest.mark.parametrize("phase", ["warm", "real", "long", "quality"])
def test_only_a_cold_start_has_a_load(phase: Phase) -> None:
    """Old servers report 0.27 s of it for a model that is loaded."""
    assert trial_metrics(example_trial(phase, server=example_figures(load_duration_ns=270_000_000)))["load_s"] is None


def test_waiting_in_the_queue_is_what_the_parts_leave_of_the_total() -> None:
    parts = {"load_duration_ns": 10**9, "prompt_eval_duration_ns": 2 * 10**9, "eval_duration_ns": 3 * 10**9}

    assert _figure("queue_s", total_duration_ns=7_500_000_000, **parts) == 1.5
    assert _figure("queue_s", total_duration_ns=6 * 10**9 - 1, **parts) == 0.0  # parts are rounded up


@pytest.mark.parametrize(
    "name", ["total_duration_ns", "load_duration_ns", "prompt_eval_duration_ns", "eval_duration_ns"]
)
@pytest.mark.parametrize("value", [None, -1, INT64_MIN])
def test_waiting_is_unknown_where_a_part_is(name: str, value: int | None) -> None:
    assert _figure("queue_s", **{name: value}) is None


def test_words_are_three_quarters_of_the_latency() -> None:
    trial = example_trial(text=" one two\nthree  four ", end_ns=2 * 10**9)

    assert trial_metrics(trial)["word_tok_s"] == 4 * 0.75 / 2


def test_a_trial_without_an_end_has_no_latency() -> None:
    figures = trial_metrics(example_trial(end_ns=None))

    assert figures["latency_s"] is None
    assert figures["word_tok_s"] is None


def test_a_whole_number_too_large_for_a_duration_counts_as_absent() -> None:
    reader = AnswerReader(max_lines=9)
    huge = "9" * 400
    reader.feed(f'{{"response":"x","done":true,"eval_count":{huge},"eval_duration":{huge}}}\n'.encode(), 5)
    figures = reader.stream().server

    assert (figures.eval_count, figures.eval_duration_ns) == (None, None)


def test_a_phase_sums_up_its_good_trials_only() -> None:
    trials = [
        example_trial(end_ns=1 * 10**9, chunk_ns=(10, 20)),
        example_trial(end_ns=3 * 10**9, chunk_ns=(10, 40, 60)),
        example_trial(end_ns=90 * 10**9, chunk_ns=(10, 10**9), error="reset"),
    ]
    summary = summarize_phase(trials)

    assert set(summary) == {*TRIAL_METRICS, "itl_s"}
    assert (summary["latency_s"].n, summary["latency_s"].mean, summary["latency_s"].max) == (2, 2.0, 3.0)
    assert (summary["itl_s"].n, summary["itl_s"].max) == (3, 30 / 1e9)  # every gap of every trial


def test_a_metric_that_no_trial_measured_stays_with_n_0() -> None:
    summary = summarize_phase([example_trial("warm")])["prompt_tok_s"]

    assert summary.model_dump() == {"n": 0} | dict.fromkeys(
        ("mean", "stdev", "min", "p50", "p90", "p95", "max", "p50_ci95", "p95_ci95")
    )


def test_a_phase_of_failures_has_every_metric_with_n_0() -> None:
    assert set(summarize_phase([example_trial(error="reset")]).values()) == {Summary()}


def test_one_value_has_no_spread_and_no_interval() -> None:
    summary = summarize([2.0])

    assert (summary.n, summary.p50, summary.p95, summary.stdev) == (1, 2.0, 2.0, None)
    assert (summary.p50_ci95, summary.p95_ci95) == ((None, None), (None, None))


def test_summary_of_eleven_values() -> None:
    summary = summarize([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])

    assert (summary.n, summary.mean, summary.min, summary.max) == (11, 6, 1, 11)
    assert summary.stdev == pytest.approx(11**0.5)
    assert (summary.p50, summary.p90, summary.p95) == (6, 10, 10.5)
    assert summary.p50_ci95 == (2, 9)  # B binomial(11, 1/2): P(2 <= B < 9) = 1969/2048 = 96.1 %; 6 ranks reach 93.5 %
    assert summary.p95_ci95 == (9, None)  # P(B <= 8) = 1.5 % <= 2.5 %; P(B >= 11) = 57 %, so no rank is surely above


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=80))
def test_a_summary_is_in_order_and_within_its_values(values: list[float]) -> None:
    summary = summarize(values)
    figures = [summary.min, summary.p50, summary.p90, summary.p95, summary.max]

    assert all(isinstance(figure, float) for figure in figures)
    assert figures == sorted(figures, key=lambda figure: figure or 0.0)
    assert summary.min == min(values)
    assert summary.max == max(values)


def _figure(name: str, **server: int | None) -> float | None:
    return trial_metrics(example_trial(server=example_figures(**server)))[name]
