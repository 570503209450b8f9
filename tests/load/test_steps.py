"""The report of `load ollama`, from summaries with round figures."""

import json
from typing import Any

from ollama_bench.load.ollama import shape_of
from ollama_bench.load.steps import Step, meaning, steps_of
from ollama_bench.load.summary import parse_summary
from tests.load.summaries import trend

Json = dict[str, Any]


def _step(name: str, *, latency: float, queue: float, rate: float, **counts: int) -> Json:
    """Ten answers of 20 tokens from second 10 to second 20."""
    part = f"{{step:{name}}}"
    trends = {"latency": latency, "ttfb": queue + 100, "queue": queue, "gen_tok_s": rate}
    return {
        **{f"ollama_{metric}{part}": trend(2 * value, med=value, avg=value) for metric, value in trends.items()},
        f"ollama_started{part}": trend(19_000, min=10_000),
        f"ollama_ended{part}": trend(19_000, max=20_000),
        f"ollama_tokens{part}": {"count": counts.get("tokens", 200)},
        f"ollama_errors{part}": {"count": counts.get("errors", 0)},
        f"ollama_busy{part}": {"count": counts.get("busy", 0)},
        f"checks{part}": {"passes": 10, "fails": counts.get("errors", 0) + counts.get("busy", 0), "value": 1},
    }


def _steps(**metrics: Json) -> list[Step]:
    return steps_of(parse_summary(json.dumps({"metrics": metrics}).encode(), "s.json"))


def test_a_step_has_its_figures() -> None:
    (step,) = _steps(**_step("streams_4", latency=4000, queue=3000, rate=50, errors=2, busy=3))

    assert (step.name, step.streams, step.requests, step.errors, step.busy) == ("streams_4", 4, 15, 2, 3)
    assert (step.latency_p50_ms, step.latency_p95_ms, step.ttfb_p50_ms) == (4000, 8000, 3100)
    assert (step.queue_p50_ms, step.gen_tok_s, step.throughput_tok_s) == (3000, 50, 20)


def test_the_arrivals_come_first_and_streams_in_rising_number() -> None:
    names = ["streams_16", "streams_2", "arrivals", "streams_8"]
    metrics = {key: value for name in names for key, value in _step(name, latency=1, queue=0, rate=1).items()}

    assert [step.streams for step in _steps(**metrics)] == [None, 2, 8, 16]


def test_a_step_without_a_good_answer_has_no_figures() -> None:
    dead = {
        key: {"count": 0, "avg": 0, "min": 0, "med": 0, "max": 0, "p(95)": 0}
        for key in _step("streams_1", latency=1, queue=0, rate=1)
    }
    dead["checks{step:streams_1}"] = {"passes": 0, "fails": 7, "value": 0}

    (step,) = _steps(**dead)

    assert step.requests == 7
    assert (step.latency_p50_ms, step.gen_tok_s, step.throughput_tok_s) == (None, None, None)
    assert meaning([step]) == []


def test_answers_without_a_count_of_tokens_have_no_throughput() -> None:
    (step,) = _steps(**_step("streams_1", latency=1, queue=0, rate=1, tokens=0))

    assert step.throughput_tok_s is None


def _told(latency: float, queue: float, rate: float) -> str:
    metrics = _step("streams_1", latency=1000, queue=0, rate=50)
    (sentence,) = meaning(_steps(**metrics, **_step("streams_8", latency=latency, queue=queue, rate=rate)))
    return sentence


def test_the_load_suits_the_server() -> None:
    """Arrivals at half of what it can do, and steps that are no shorter than two answers, unless asked for."""
    fast, slow = shape_of(0.5, None, quick=True), shape_of(12.2, None, quick=True)

    assert (fast.hold_s, fast.drain_s, fast.rate_per_minute, fast.seconds) == (4, 3, 60, 23)
    assert (slow.hold_s, slow.drain_s, slow.rate_per_minute) == (25, 25, 2)
    assert shape_of(200.0, 1, quick=False).hold_s == 1
    assert shape_of(200.0, 1, quick=False).rate_per_minute == 1
    assert shape_of(0.5, None, quick=False).hold_s == 30


def test_queueing_and_slow_generation_are_told_apart() -> None:
    assert _told(8000, 7000, 50).startswith(
        "8 streams: queueing, not slow generation: an answer waits 7.00 s of its 8.00 s"
    )
    assert _told(8000, 100, 7).startswith("8 streams: slow generation, not queueing")
    assert _told(8000, 4000, 20).startswith("8 streams: queueing and slow generation")
    assert _told(1010, 10, 49).startswith("8 streams: neither")


def test_waiting_is_told_by_its_share_of_all_the_time_where_short_and_long_requests_take_turns() -> None:
    """Two streams, one slot: each waits for the other, but half of the answers hardly wait."""
    metrics = _step("streams_1", latency=2000, queue=0, rate=50) | _step("streams_2", latency=4000, queue=700, rate=50)
    metrics["ollama_queue{step:streams_2}"]["avg"] = 1900

    (sentence,) = meaning(_steps(**metrics))

    assert sentence.startswith("2 streams: queueing, not slow generation: an answer waits 1.90 s of its 4.00 s")


def test_a_server_that_tells_no_durations_is_said_to() -> None:
    metrics = _step("streams_1", latency=1000, queue=0, rate=50) | _step("streams_2", latency=2000, queue=0, rate=50)
    del metrics["ollama_gen_tok_s{step:streams_2}"]

    (sentence,) = meaning(_steps(**metrics))

    assert "does not say" in sentence
