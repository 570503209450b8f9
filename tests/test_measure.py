"""The phases against a scripted server: each trap that makes a figure a lie."""

import re
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

import pytest

from ollama_bench import measure as measure_module
from ollama_bench.errors import IncompleteRunError
from ollama_bench.measure import measure
from ollama_bench.metrics import trial_metrics
from ollama_bench.pack import load_pack
from ollama_bench.plan import Overrides, Profile, RunPlan, make_plan
from ollama_bench.resources import shipped
from ollama_bench.server.client import Client
from ollama_bench.server.stream import Timeouts
from ollama_bench.trial import Trial
from tests.examples import warnings_of
from tests.scripted_http import Exchange
from tests.scripted_server import Model, ScriptedServer, answering, final, in_turn, words

PACK = load_pack(shipped("prompts"))
THINKER = Model("thinker", capabilities=("completion", "thinking"))
PROFILE = Profile(cold=2, warm=3, real=2, long=2, quality_seeds=1)


def make(model: str = "tiny:1b", profile: Profile = PROFILE, **overrides: Any) -> RunPlan:
    return make_plan(model, "test", profile, PACK, Overrides(quality=False).model_copy(update=overrides))


def run(server: ScriptedServer, plan: RunPlan | None = None) -> list[Trial]:
    return list(trials_of(server, plan or make()))


def trials_of(server: ScriptedServer, plan: RunPlan) -> Any:
    with Client(server.url, Timeouts(5.0, 0.3)) as client:
        card = client.show(plan.model)
        assert card is not None
        server.requests.clear()
        server.reached.clear()
        yield from measure(plan, client, card, 0)


def until_it_ends(server: ScriptedServer, plan: RunPlan | None = None) -> tuple[list[Trial], str]:
    """The trials of a run that has to end early, and why it did."""
    trials: list[Trial] = []
    with pytest.raises(IncompleteRunError) as ending:  # noqa: PT012 (the trials before it are wanted)
        for trial in trials_of(server, plan or make()):
            trials.append(trial)
    return trials, str(ending.value)


def of(phase: str, trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.phase == phase]


# --- what is sent


def test_the_requests_come_in_order_each_on_an_open_connection(server: ScriptedServer) -> None:
    trials = run(server, make(profile=Profile(cold=1, warm=1, real=1, long=1, quality_seeds=1)))
    proved_cold = ["unload", "ps"]
    known_warm = ["ps"]
    timed = ["version", "generate"]
    assert server.kinds == [*proved_cold, *timed, *known_warm, *timed, *known_warm, *timed, *known_warm, *timed]
    assert not any(trial.connected_anew for trial in trials)


def test_every_timed_request_is_bounded_streamed_whole_and_keeps_the_model(server: ScriptedServer) -> None:
    run(server)
    for request in server.generations:
        body = request.body
        assert body["stream"] is True
        assert body["truncate"] is False
        assert body["keep_alive"] == "10m"
        assert body["options"]["num_predict"] > 0
        assert (body["options"]["temperature"], body["options"]["seed"]) == (0.0, 1)
        assert "raw" not in body
        assert "think" not in body
    assert [request.body["options"]["num_predict"] for request in server.generations] == [32] * 5 + [160] * 2 + [
        128
    ] * 2


@pytest.mark.parametrize("num_ctx", [None, 2999])
def test_num_ctx_is_the_same_in_every_request_so_that_nothing_reloads(
    server: ScriptedServer, num_ctx: int | None
) -> None:
    def forget_once(x: Exchange) -> None:
        server.on.clear()
        x.json({"models": []})  # as if the keep-alive had run out: the next request is a load-only one

    server.faults[3] = in_turn(server.generate, lambda _: server.on.update(ps=forget_once))
    run(server, make(num_ctx=num_ctx))
    assert "load" in server.kinds
    sent = [r.body["options"]["num_ctx"] for r in server.requests if r.kind in ("generate", "load")]
    assert set(sent) == {num_ctx or 4096}
    assert server.loads == [("tiny:1b", num_ctx or 4096)] * 2  # one a cold trial


@pytest.mark.parametrize("think", [False, True])
def test_think_is_sent_to_models_that_know_it_and_to_no_others(server: ScriptedServer, think: bool) -> None:
    server.models["thinker"] = THINKER
    run(server, make("thinker", think=think))
    assert {request.body["think"] for request in server.generations} == {think}


# --- cold and warm


def test_cold_waits_until_ps_shows_it_gone(server: ScriptedServer) -> None:
    server.polls_until_unloaded = 3
    cold = of("cold", run(server))
    second = server.kinds[server.kinds.index("generate") + 1 :]
    assert second[:6] == ["unload", "ps", "ps", "ps", "ps", "version"]
    assert [trial.loaded_before for trial in cold] == [None, None]
    assert server.loads == [("tiny:1b", 4096)] * 2


def test_a_model_that_does_not_leave_memory_fails_the_cold_start(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_module, "UNLOAD_PATIENCE_S", 0.05)
    server.polls_until_unloaded = inf
    good, failed = of("cold", run(server))
    assert good.ok  # it was not loaded yet
    assert failed.error is not None
    assert failed.error.kind == "not_cold"
    assert "still in memory 0.05 s after it was told to unload: is another client" in failed.error.message


def test_a_model_in_memory_under_another_name_is_not_cold(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_module, "UNLOAD_PATIENCE_S", 0.05)
    entry = {"name": "alias:1b", "model": "alias:1b", "digest": Model().digest}
    server.on["ps"] = lambda x: x.json({"models": [entry]})
    trials, _ = until_it_ends(server)
    assert [trial.error and trial.error.kind for trial in trials] == ["not_cold", "not_cold"]
    assert server.generations == []


def test_another_model_in_memory_is_a_doubt_about_the_memory(server: ScriptedServer) -> None:
    server.models["other:1b"] = Model("other:1b")
    with Client(server.url) as client:
        client.load("other:1b", {"num_ctx": 512}, "10m")
    trials = run(server)
    assert all(trial.ok for trial in trials)
    (warning,) = [warning for warning in warnings_of(make(), trials) if warning.code == "other_models_loaded"]
    assert "other:1b" in warning.message


def test_a_model_that_another_client_loaded_with_another_context_is_loaded_anew_outside_any_figure(
    server: ScriptedServer,
) -> None:
    trials = []
    for trial in trials_of(server, make()):
        trials.append(trial)
        with Client(server.url) as client:
            client.load("tiny:1b", {"num_ctx": 512}, "10m")
    warm = of("warm", trials)
    assert all(trial.loaded_before is not None and trial.loaded_before.context_length == 4096 for trial in warm)
    assert all((trial.server.load_duration_ns or 0) < 1_000_000_000 for trial in warm)


def test_a_load_is_never_in_a_warm_figure(server: ScriptedServer) -> None:
    """A model that was dropped between two requests is loaded by a request of its own."""

    def unloads_after(x: Exchange) -> None:
        server.generate(x)
        server.forget("tiny:1b")

    for number in (2, 4, 6):
        server.faults[number] = unloads_after
    trials = run(server)
    warm = [trial for trial in trials if trial.phase != "cold"]
    assert server.kinds.count("load") == 3
    assert all(trial.loaded_before is not None for trial in warm)
    assert all(trial.server.load_duration_ns == 150_000_000 for trial in warm)
    assert all(trial.server.load_duration_ns == 2_000_000_000 for trial in of("cold", trials))


def test_a_warm_start_that_cannot_be_proved_is_a_doubt_about_the_run(server: ScriptedServer) -> None:
    server.on["ps"] = lambda x: x.json({"models": []})
    trials = run(server)
    assert all(trial.ok for trial in trials)
    assert "not_proved_warm" in [warning.code for warning in warnings_of(make(), trials)]


def test_no_threshold_of_load_duration_tells_cold_from_warm(server: ScriptedServer) -> None:
    """A warm request may report 270 ms of load and a cold one 1 ms: only /api/ps decides."""
    server.figures = {"load_duration": 270_000_000}
    trials = run(server)
    assert "load" not in server.kinds
    assert "not_proved_warm" not in [warning.code for warning in warnings_of(make(), trials)]
    assert {trial.phase for trial in trials if trial.loaded_before is None} == {"cold"}


# --- prompts and their cache


@pytest.mark.parametrize("tells_cached", [False, True], ids=["old server", "server that tells cached tokens"])
def test_a_cached_prefix_never_makes_the_prompt_rate_absurd(server: ScriptedServer, tells_cached: bool) -> None:
    """The server takes 1 ms a new prompt token and none for a cached one, and counts them all."""
    server.tells_cached = tells_cached
    trials = run(server)
    for trial in of("real", trials) + of("long", trials):
        assert trial_metrics(trial)["prompt_tok_s"] == pytest.approx(1000)
    for trial in of("warm", trials):
        assert trial.server.prompt_eval_duration_ns == 1_000  # all of it was cached ...
        assert trial_metrics(trial)["prompt_tok_s"] is None  # ... so there is nothing to tell


def test_cached_tokens_are_taken_off_where_the_server_counts_them(server: ScriptedServer) -> None:
    server.figures = {"prompt_eval_count": 3300, "prompt_eval_cached_count": 300, "prompt_eval_duration": 1_500_000_000}
    trials = run(server)
    assert [trial_metrics(trial)["prompt_tok_s"] for trial in of("real", trials)] == [2000.0, 2000.0]
    assert "prefix_cached" in [warning.code for warning in warnings_of(make(), trials)]


def test_the_nonce_is_fresh_and_stands_first_and_warm_has_none(server: ScriptedServer) -> None:
    trials = run(server)
    sent = [request.body["prompt"] for request in server.generations]
    fresh = of("real", trials) + of("long", trials)
    assert len({trial.nonce for trial in fresh}) == 4
    for trial, prompt in zip(trials, sent, strict=True):
        first_line = prompt.partition("\n")[0]
        if trial.phase in ("real", "long"):
            assert first_line == trial.nonce
            assert re.fullmatch(r"\[[0-9a-f]{8}\]", first_line)
        else:
            assert prompt == PACK.short.prompt
            assert trial.nonce is None


def test_a_prompt_that_was_cut_in_silence_is_a_failure(server: ScriptedServer) -> None:
    server.cuts_prompts = True
    trials, why = until_it_ends(server, make(num_ctx=1000))
    assert all(trial.ok for trial in trials if trial.phase != "long")
    first, second = of("long", trials)
    assert first.error is not None
    assert first.error.kind == "truncated"
    assert "processed 500 tokens of a prompt of" in first.error.message
    assert "raise --num-ctx" in why
    assert second.error is not None


@pytest.mark.parametrize(("count", "kind"), [(4095, None), (4096, "truncated"), (3, "truncated")])
def test_a_count_is_held_against_the_words_and_the_context(
    server: ScriptedServer, count: int, kind: str | None
) -> None:
    """Fewer tokens than words were not all of it; a prompt that fills the context was cut to fit."""
    server.faults[7] = answering(*words(), final(prompt_eval_count=count))
    trial, _ = of("long", run(server))
    assert (trial.error and trial.error.kind) == kind


def test_the_context_that_counts_is_the_one_that_was_loaded(server: ScriptedServer) -> None:
    """A server may load a model with less than was asked for."""
    entry = {"name": "tiny:1b", "model": "tiny:1b", "context_length": 2048}
    server.on["ps"] = lambda x: x.json({"models": [entry] if server.loads else []})
    server.faults[3] = answering(*words(), final(prompt_eval_count=2048))
    trial, _ = of("long", run(server, make(profile=Profile(cold=1, warm=1, real=1, long=2, quality_seeds=1))))
    assert trial.error is not None
    assert trial.error.kind == "truncated"


def test_a_server_that_refuses_to_cut_is_heard(server: ScriptedServer) -> None:
    trials, why = until_it_ends(server, make(num_ctx=1000))
    assert [trial.error and trial.error.kind for trial in of("long", trials)] == ["http_status", "http_status"]
    assert "exceeds the context length" in why


# --- thinking


def test_thinking_is_text_for_the_clock_and_no_part_of_the_answer(server: ScriptedServer) -> None:
    server.models["thinker"] = THINKER
    for trial in run(server, make("thinker", think=True)):
        figures = trial_metrics(trial)
        assert trial.thinking == "The user wants one word."
        assert trial.text.startswith("Ready, and")
        assert figures["ttft_s"] == trial.chunk_ns[0] / 1e9
        assert figures["answer_ttft_s"] == trial.chunk_ns[6] / 1e9
        assert trial.first_answer_ns == trial.chunk_ns[6]
        assert trial.server.eval_count == 18 == len(trial.chunk_ns)


# --- figures of the server


FIGURES: dict[str, tuple[dict[str, Any], float | None]] = {
    "as they should be": ({}, 100.0),
    "missing": ({"eval_duration": None, "eval_count": None}, None),
    "negative": ({"eval_duration": -49_000_000}, None),
    "the least int64": ({"eval_duration": -(2**63)}, None),
    "zero": ({"eval_duration": 0}, None),
    "text": ({"eval_duration": "120ms"}, None),
    "one token in 1 us": ({"eval_duration": 1_000, "eval_count": 1}, None),
    "seven tokens": ({"eval_duration": 70_000_000, "eval_count": 7}, None),
    "eight tokens": ({"eval_duration": 80_000_000, "eval_count": 8}, 100.0),
    "a negative count": ({"eval_count": -12}, None),
    "done_reason missing": ({"done_reason": None}, 100.0),
}


@pytest.mark.parametrize(("fields", "gen_tok_s"), FIGURES.values(), ids=FIGURES)
def test_a_rate_needs_a_positive_time_and_eight_tokens(
    server: ScriptedServer, fields: dict[str, Any], gen_tok_s: float | None
) -> None:
    server.figures = fields
    for trial in run(server):
        assert trial.ok
        assert trial_metrics(trial)["gen_tok_s"] == gen_tok_s


def test_waiting_in_the_queue_is_told_apart(server: ScriptedServer) -> None:
    server.queue_ns = 700_000_000
    for trial in run(server):
        assert trial_metrics(trial)["queue_s"] == pytest.approx(0.7)
        assert trial_metrics(trial)["gen_tok_s"] == pytest.approx(100)


# --- failures


def test_one_failure_is_recorded_and_not_retried_and_the_run_goes_on(server: ScriptedServer) -> None:
    server.faults[3] = Exchange.close
    trials = run(server)
    assert [trial.ok for trial in trials] == [True] * 3 + [False] + [True] * 5
    assert len(server.generations) == 9
    warnings = [warning for warning in warnings_of(make(), trials) if warning.code == "failed_requests"]
    assert [warning.message.startswith("1 of 9 requests failed") for warning in warnings] == [True]


def test_two_failures_in_a_row_end_the_run(server: ScriptedServer) -> None:
    server.faults = {3: Exchange.close, 4: lambda x: x.json({"error": "busy"}, 503)}
    trials, why = until_it_ends(server)
    assert len(trials) == 5
    assert why == "the warm phase of tiny:1b failed: the server answered 503 Scripted: busy"


def test_two_failures_in_a_row_count_across_a_phases_end(server: ScriptedServer) -> None:
    server.faults = {4: Exchange.close, 5: Exchange.close}
    trials, why = until_it_ends(server)
    assert [trial.phase for trial in trials] == ["cold"] * 2 + ["warm"] * 3 + ["real"]
    assert why.startswith("the real phase of tiny:1b failed")


def test_two_failures_that_are_not_in_a_row_do_not(server: ScriptedServer) -> None:
    server.faults = {2: Exchange.close, 4: Exchange.close}
    assert len(run(server)) == 9


def test_a_phase_without_one_good_trial_ends_the_run(server: ScriptedServer) -> None:
    server.faults = {1: Exchange.close}
    trials, why = until_it_ends(server, make(profile=Profile(cold=1, warm=1, real=1, long=1, quality_seeds=1)))
    assert [trial.phase for trial in trials] == ["cold", "warm"]
    assert why.startswith("the warm phase of tiny:1b failed")


def test_a_failed_quality_request_ends_nothing(server: ScriptedServer) -> None:
    server.faults = dict.fromkeys(range(4, 20), Exchange.close)
    plan = make(profile=Profile(cold=1, warm=1, real=1, long=1, quality_seeds=1), quality=True)
    trials = run(server, plan)
    assert [trial.ok for trial in trials] == [True] * 4 + [False] * 3


@pytest.mark.parametrize("kind", ["version", "ps", "unload", "load"])
def test_a_control_call_that_fails_is_a_failed_trial(server: ScriptedServer, kind: str) -> None:
    """Whatever a server does between two timed requests, the trials before it are kept, and nothing else is raised."""

    def goes_wrong(x: Exchange) -> None:
        server.generate(x)
        server.on[kind] = Exchange.close
        if kind == "load":
            server.forget("tiny:1b")

    server.faults[0 if kind == "unload" else 2] = goes_wrong
    trials: list[Trial] = []
    with suppress(IncompleteRunError):
        for trial in trials_of(server, make()):
            trials.append(trial)
    assert trials[0].ok
    assert [trial.error.kind for trial in trials if trial.error][:1] == ["connection"]


def test_the_shipped_prompts_are_what_they_say(workspace: Path) -> None:
    """The long prompt is about 2,000 tokens, and none begins like another (a shared prefix would be cached)."""
    assert 1200 < len(PACK.long.prompt.split()) < 2000
    assert PACK.short.prompt == "Say 'ready' once."
    assert [prompt.id for prompt in PACK.quality] == ["apples", "release_note", "json"]
