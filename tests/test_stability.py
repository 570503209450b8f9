"""Each doubt about a measurement: when it is raised, when it is not, and that it says what to do."""

from collections.abc import Sequence
from typing import Any

import pytest

from ollama_bench.cut import cut_prompt
from ollama_bench.observed import BusyProcess, Conditions, Cost, ProcessUsage, Resources
from ollama_bench.plan import RunPlan
from ollama_bench.stability import StabilityWarning, assess
from ollama_bench.stability.requests import NONCE_TOKENS
from ollama_bench.summarize import decide
from ollama_bench.trial import LoadedModel, RequestError, Trial
from ollama_bench.verdict import Policy
from tests.examples import (
    evidence_of,
    example_figures,
    example_plan,
    example_result,
    example_trial,
    example_trials,
    warnings_of,
)


@pytest.fixture(scope="module")
def plan() -> RunPlan:
    return example_plan()


def _found(plan: RunPlan, *trials: Trial, **seen: Any) -> list[StabilityWarning]:
    """All but that a handful of trials is few."""
    return [warning for warning in warnings_of(plan, trials, **seen) if warning.code != "too_few_samples"]


def _codes(plan: RunPlan, *trials: Trial, **seen: Any) -> list[str]:
    return [warning.code for warning in _found(plan, *trials, **seen)]


def test_a_good_run_raises_no_doubt(plan: RunPlan) -> None:
    assert _codes(plan, *example_trials(plan)) == []
    assert _codes(plan) == ["incomplete"]  # of nothing there is no good run


def test_failed_requests_are_counted_and_the_first_is_told(plan: RunPlan) -> None:
    (warning,) = _found(plan, example_trial(), example_trial(error="reset by peer"), example_trial(error="later"))

    assert warning.code == "failed_requests"
    assert warning.message == "2 of 3 requests failed, the first with: reset by peer"
    assert warning.remedy


def test_a_warm_request_before_which_the_model_was_not_listed(plan: RunPlan) -> None:
    (warning,) = _found(plan, example_trial("warm", loaded_before=None), example_trial("cold", loaded_before=None))

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
    odd = example_trial(server=example_figures(eval_duration_ns=10**9, total_duration_ns=12 * 10**8))

    assert _codes(plan, example_trial(), odd, example_trial()) == []
    assert _codes(plan, odd) == ["clocks_disagree"]


def test_a_phase_whose_clocks_disagree_is_not_hidden_by_the_others(plan: RunPlan) -> None:
    """The verdict rests on the real phase, of which there may be few requests among many."""
    off = [
        example_trial("real", index=i, server=example_figures(eval_duration_ns=1_560_000_000, total_duration_ns=None))
        for i in range(3)
    ]
    (warning,) = _found(plan, *(example_trial("warm", index=i) for i in range(9)), *off)

    assert warning.code == "clocks_disagree"
    assert "0.60 × it in real" in warning.message
    assert "warm" not in warning.message


@pytest.mark.parametrize(("late_ns", "doubted"), [(9_000_000, False), (30_000_000, True)])
def test_late_arrivals_in_a_short_answer_are_no_disagreement(plan: RunPlan, late_ns: int, doubted: bool) -> None:
    chunk_ns = (*(8_000_000 * i for i in range(11)), 80_000_000 + 8_000_000 + late_ns)
    server = example_figures(eval_count=12, eval_duration_ns=96_000_000)
    assert ("clocks_disagree" in _codes(plan, example_trial("warm", chunk_ns=chunk_ns, server=server))) is doubted


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


# --- what surrounds the requests


def _seen(**conditions: Any) -> dict[str, Any]:
    return {"conditions": Conditions(**conditions)}


def _resources(high_water_bytes: int | None, before_bytes: int | None = None) -> dict[str, Any]:
    process = ProcessUsage(
        pid=7,
        name="runner",
        peak_rss_bytes=1_000_000_000,
        vm_hwm_bytes=high_water_bytes,
        vm_hwm_before_bytes=before_bytes,
    )
    return {"resources": Resources(interval_s=0.1, peak_rss_bytes=1_100_000_000, processes=(process,))}


def _sampled(unsampled_s: float, reason: str | None = None) -> dict[str, Any]:
    resources = Resources(interval_s=0.1, peak_rss_bytes=1, unsampled_s=unsampled_s, reason=reason)
    return {"resources": resources}


def _cost(client: float = 1.0, sampler: float = 1.0, late: int = 0) -> dict[str, Any]:
    cost = Cost(
        client_cpu_s=1,
        client_cpu_percent=client,
        sampler_cpu_s=1,
        sampler_cpu_percent=sampler,
        wakeups=100,
        late_wakeups=late,
        worst_wakeup_s=0.04,
    )
    return {"cost": cost}


@pytest.mark.parametrize(
    ("code", "at_most", "too_much", "words"),
    [
        ("swap_used", _seen(swapped_bytes=1_000_000), _seen(swapped_bytes=80_000_000), "80 MB were swapped"),
        (
            "other_load",
            _seen(other_cpu_percent=20.0),
            _seen(
                other_cpu_percent=98.0,
                other_processes=(BusyProcess(pid=4, name="x264", cpu_percent=97.5),),
            ),
            "98 % of a core while requests were under way; of a core over the whole run: x264 (pid 4) 98 %",
        ),
        (
            "other_load",
            _seen(other_cpu_percent=9.0, other_cpu_percent_by_phase={"warm": 20.0, "real": 8.0}),
            _seen(other_cpu_percent=17.6, other_cpu_percent_by_phase={"warm": 200.0, "real": 8.0}),
            "200 % of a core while requests of the warm phase were under way",
        ),
        (
            "other_load",
            _seen(other_cpu_percent=20.0, other_unnamed_percent=150.0),
            _seen(
                other_cpu_percent=180.0,
                other_processes=(BusyProcess(pid=4, name="top", cpu_percent=6.0),),
                other_unnamed_percent=150.0,
            ),
            "whole run: top (pid 4) 6 %, 150 % by short-lived ones, or ones that you may not see",
        ),
        ("cpu_stolen", _seen(steal_percent=5.0), _seen(steal_percent=31.0), "31 % of a core"),
        ("throttled", _seen(throttle_events=0), _seen(throttle_events=3), "the CPU 3 times"),
        (
            "throttled",
            _seen(throttle_events=0),
            _seen(gpu_throttle_reasons=("hardware thermal slowdown",)),
            "a GPU (hardware thermal slowdown)",
        ),
        ("memory_disagrees", _resources(1_055_000_000), _resources(1_056_000_000), "runner (pid 7) once held 1056 MB"),
        ("sampling_gap", _sampled(1.0), _sampled(0.0, "it ended"), "was not sampled to the end: it ended"),
        ("sampling_gap", _sampled(1.0), _sampled(1.1), "was not sampled for 1.1 s of its requests"),
        ("sampling_gap", _sampled(1.0), _sampled(3.2, "it ended"), "not sampled for 3.2 s of its requests: it ended"),
        ("tool_cost", _cost(5.0, 5.0), _cost(5.1), "reading answers took 5.1 %"),
        ("tool_cost", _cost(), _cost(sampler=9.0), "sampling took 9.0 %"),
        ("late_events", _cost(late=5), _cost(late=6), "6 of 100 events"),
        ("incomplete", {"complete": True}, {"complete": False}, "ended before"),
    ],
)
def test_a_condition_of_validity_holds_up_to_its_limit(
    plan: RunPlan, code: str, at_most: dict[str, Any], too_much: dict[str, Any], words: str
) -> None:
    trials = example_trials(plan)
    assert _passed(plan, trials, code, **at_most) is True
    warnings, validity = assess(evidence_of(plan, trials, **too_much))
    (warning,) = [found for found in warnings if found.code == code]
    assert words in warning.message
    assert warning.remedy
    assert not validity.valid
    assert _passed(plan, trials, code, **too_much) is False


@pytest.mark.parametrize(
    ("code", "seen", "words"),
    [
        ("governor", _seen(governors=("powersave", "schedutil")), "powersave, schedutil, not performance"),
        ("gpu_power_cap", _seen(gpu_throttle_reasons=("power cap",)), "at its power limit"),
        ("cpu_quota", _seen(cgroup_throttled_s=2.5), "held the server back for 2.5 CPU-seconds"),
    ],
)
def test_a_note_does_not_make_a_run_doubtful(plan: RunPlan, code: str, seen: dict[str, Any], words: str) -> None:
    warnings, validity = assess(evidence_of(plan, example_trials(plan), **seen))
    assert [(warning.code, words in warning.message) for warning in warnings] == [(code, True)]
    assert validity.valid
    assert code not in [condition.code for condition in validity.conditions]


@pytest.mark.parametrize("seen", [_seen(), _seen(governors=("performance",), cgroup_throttled_s=0.0)])
def test_nothing_to_note(plan: RunPlan, seen: dict[str, Any]) -> None:
    assert warnings_of(plan, example_trials(plan), **seen) == []


def test_what_cannot_be_seen_is_unknown_and_no_doubt(plan: RunPlan) -> None:
    _, validity = assess(evidence_of(plan, example_trials(plan), **_seen(reason="remote")))
    unknown = {c.code for c in validity.conditions if c.passed is None}
    machine = {"swap_used", "other_load", "cpu_stolen", "throttled"}
    assert unknown >= machine | {"memory_disagrees", "sampling_gap", "tool_cost", "late_events"}
    assert validity.valid
    assert "not known (remote)" in next(c.text for c in validity.conditions if c.code == "swap_used")


@pytest.mark.parametrize(
    ("mark_bytes", "before_bytes", "passed"),
    [
        (1_500_000_000, 1_500_000_000, None),  # whatever it held was before the run
        (1_500_000_000, 1_400_000_000, False),
        (1_050_000_000, 1_050_000_000, True),
        (None, None, None),
    ],
)
def test_a_high_water_mark_from_before_the_run_is_no_doubt(
    plan: RunPlan, mark_bytes: int | None, before_bytes: int | None, passed: bool | None
) -> None:
    assert _passed(plan, example_trials(plan), "memory_disagrees", **_resources(mark_bytes, before_bytes)) is passed


def test_a_server_that_was_never_sampled_though_it_could_be_is_a_doubt(plan: RunPlan) -> None:
    never = Resources(interval_s=0.1, unsampled_s=0.4, reason="its process ended")
    assert _passed(plan, example_trials(plan), "sampling_gap", resources=never) is False


def test_other_load_beside_this_tool_is_told_from_load_beside_the_server(plan: RunPlan) -> None:
    (found,) = _found(plan, *example_trials(plan), **_seen(other_cpu_percent=98.0, reason="remote"))
    assert "98 % of a core of this machine, not the server's," in found.message


def test_other_load_that_is_not_known_says_why(plan: RunPlan) -> None:
    seen = _seen(reason="remote", other_cpu_reason="hidden")
    _, validity = assess(evidence_of(plan, example_trials(plan), **seen))
    assert "not known (hidden)" in next(c.text for c in validity.conditions if c.code == "other_load")


@pytest.mark.parametrize(
    ("size", "vram", "spilled"), [(100, 60, True), (100, 100, False), (100, 0, False), (None, 60, False)]
)
def test_a_model_that_is_only_partly_on_the_gpu(
    plan: RunPlan, size: int | None, vram: int | None, spilled: bool
) -> None:
    loaded = LoadedModel(name="m", size_bytes=size, size_vram_bytes=vram)
    found = _found(plan, example_trial(loaded_before=loaded))
    assert [warning.code for warning in found] == (["model_spilled"] if spilled else [])
    assert not found or "40 % of the model" in found[0].message


def test_answers_that_were_cut_name_the_limit_to_raise(plan: RunPlan) -> None:
    (note,) = _found(
        plan,
        example_trial("real", done_reason="length", num_predict=160),
        example_trial("real", index=1),
        example_trial("long", done_reason="length"),
    )
    assert note.code == "answers_cut"
    assert note.message.endswith("1 of 2 real")
    assert "--num-predict above 160" in note.remedy


def test_waiting_in_the_queue(plan: RunPlan) -> None:
    def waited(wait_s: float) -> Trial:
        return example_trial(
            "warm",
            end_ns=round((2.8 + wait_s) * 1e9),
            server=example_figures(total_duration_ns=round((2.802 + wait_s) * 1e9)),
        )

    assert _codes(plan, waited(0.1)) == []  # below 5 % of the latency
    (warning,) = _found(plan, waited(0.1), waited(1.5))
    assert warning.code == "queued"
    assert "1 requests waited up to 1.50 s" in warning.message


@pytest.mark.parametrize(("slope", "drifts"), [(0.0, False), (0.004, False), (0.02, True), (-0.02, True)])
def test_drift_from_the_first_third_to_the_last(plan: RunPlan, slope: float, drifts: bool) -> None:
    trials = [
        example_trial("warm", index=i, end_ns=round(1e9 * (2.84 + slope * i * 2.84 + 0.001 * (i % 2))))
        for i in range(9)
    ]
    assert ("drift" in _codes(plan, *trials)) is drifts


def test_scatter_is_no_drift(plan: RunPlan) -> None:
    trials = [example_trial("warm", index=i, end_ns=round(1e9 * (3 + (0, 0.9, -0.3)[i % 3]))) for i in range(12)]
    assert "drift" not in _codes(plan, *trials)
    assert _passed(plan, trials[:8], "drift") is None  # too few to compare thirds


# --- samples and limits


@pytest.mark.parametrize(
    ("latencies_s", "few"),
    [
        ([0.4, 0.4], True),
        ([0.4, 0.5, 0.6], False),
        ([1.5, 1.6, 1.9], True),  # the range, as far again, reaches 2 s
        ([2.5, 2.6, 2.7], False),
        ([1.9] * 5 + [2.1], True),  # the interval of the median takes in the largest of six
        ([1.9] * 19 + [2.1], False),
    ],
)
def test_too_few_samples_are_those_that_leave_the_limit_open(
    plan: RunPlan, latencies_s: list[float], few: bool
) -> None:
    trials = [example_trial("warm", index=i, end_ns=round(s * 1e9)) for i, s in enumerate(latencies_s)]
    verdict = example_result(trials, plan).verdict
    found = [w for w in warnings_of(plan, trials, verdict=verdict) if w.code == "too_few_samples"]
    assert bool(found) is few
    if found:
        assert "--profile standard" in found[0].remedy


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"until_precise": 0.05}, "a quieter machine"),
        ({}, "take more: --profile standard, or --until-precise 5%"),
    ],
)
def test_a_remedy_knows_what_was_already_used(options: dict[str, Any], remedy: str) -> None:
    plan = example_plan(**options)
    warnings = warnings_of(plan, [example_trial("warm")])
    assert next(warning.remedy for warning in warnings if warning.code == "too_few_samples") == remedy


def test_a_precision_that_was_reached_and_is_too_coarse_is_to_be_narrower() -> None:
    plan = example_plan(until_precise=0.5)
    slow = [example_trial("warm", index=i, end_ns=round(1e9 * (1.9 + 0.1 * (i % 3)))) for i in range(9)]
    trials = [*slow, *(example_trial("real", index=i) for i in range(9))]
    warnings = warnings_of(plan, trials, verdict=example_result(trials, plan).verdict)
    assert [(w.code, w.remedy) for w in warnings if w.code in ("too_few_samples", "not_precise")] == [
        ("too_few_samples", "a quieter machine, or a narrower --until-precise")
    ]


def test_a_timeout_that_was_given_is_named() -> None:
    silent = example_trial(error=RequestError(kind="timeout", message="silent"))
    trials = [example_trial(), silent]
    assert _found(example_plan(), *trials)[0].remedy.endswith("or try --timeout")
    assert "a longer --timeout than 7 s" in _found(example_plan(timeout_s=7.0), *trials)[0].remedy


def test_a_precision_that_was_not_reached_says_how_far_it_got() -> None:
    plan = example_plan(until_precise=0.05)
    trials = [example_trial("warm", index=i, end_ns=(2 + i % 2) * 10**9) for i in range(9)]
    (warning,) = [w for w in warnings_of(plan, trials) if w.code == "not_precise"]
    assert "latency_s of warm ± " in warning.message
    assert "after 9" in warning.message
    assert _passed(example_plan(), trials, "not_precise") == "not listed"


def test_another_policy_looks_at_its_limits_again_and_at_nothing_else() -> None:
    result = example_result()
    strict = decide(result, Policy(max_short_latency_s=1.43))
    assert result.validity is not None
    assert strict.validity is not None
    assert "too_few_samples" not in [warning.code for warning in result.warnings]
    assert [w.code for w in strict.warnings] == [*(w.code for w in result.warnings), "too_few_samples"]
    changed = [b.code for a, b in zip(result.validity.conditions, strict.validity.conditions, strict=True) if a != b]
    assert changed == ["too_few_samples"]
    assert (result.validity.valid, strict.validity.valid) == (True, False)


def _passed(plan: RunPlan, trials: Sequence[Trial], code: str, **seen: Any) -> bool | str | None:
    _, validity = assess(evidence_of(plan, trials, **seen))
    return next((c.passed for c in validity.conditions if c.code == code), "not listed")
