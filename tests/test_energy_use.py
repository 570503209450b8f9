"""Joules of a run and by output token, by hand."""

import pytest

from ollama_bench.energy_use import summarize_energy
from ollama_bench.observed import Energy, TimelinePoint
from ollama_bench.trial import LoadedModel
from tests.examples import SECOND_NS, example_figures, example_trial


def _point(t_s: float, gpu_j: float | None = None, cpu_j: float | None = None) -> TimelinePoint:
    return TimelinePoint(t_s=t_s, rss_bytes=1, cpu_percent=None, vram_bytes=None, gpu_j=gpu_j, cpu_j=cpu_j)


REAL = example_trial(
    "real",
    started_ns=SECOND_NS,
    end_ns=2 * SECOND_NS,
    server=example_figures(eval_count=50),
    loaded_before=LoadedModel(name="m", size_vram_bytes=1),
)
"""Seconds 1 to 3, 50 tokens."""


def test_energy_between_readings_is_on_a_straight_line() -> None:
    timeline = [_point(0, 0.0), _point(1), _point(2, 100.0), _point(4, 400.0)]
    energy = summarize_energy(timeline, [REAL], None, "no RAPL")

    assert energy.gpu_j == 400.0
    assert energy.cpu_j is None
    assert energy.sources == ("nvml",)
    assert energy.joules_per_output_token == pytest.approx((250 - 50) / 50)


def test_both_counters_are_added() -> None:
    timeline = [_point(0, 0.0, 10.0), _point(4, 400.0, 50.0)]
    energy = summarize_energy(timeline, [REAL, example_trial("long", started_ns=0)], None, None)

    assert (energy.gpu_j, energy.cpu_j) == (400.0, 40.0)
    assert energy.joules_per_output_token == pytest.approx((200 + 20) / 50)


def test_every_figure_that_is_none_says_why() -> None:
    none = summarize_energy([_point(0)], [REAL], "no GPU", "root only")
    assert none == Energy(
        gpu_reason="no GPU",
        cpu_reason="root only",
        joules_per_output_token_reason="NVML: no GPU; RAPL: root only",
        reason="NVML: no GPU; RAPL: root only",
    )
    one = summarize_energy([_point(0, cpu_j=0.0), _point(4, cpu_j=40.0)], [], "no GPU", None)
    assert (one.cpu_j, one.cpu_reason, one.gpu_reason, one.reason) == (40.0, None, "no GPU", None)
    assert "no answer of the real phase" in (one.joules_per_output_token_reason or "")


@pytest.mark.parametrize("timeline", [[], [_point(0, 1.0)], [_point(0), _point(1)]])
def test_without_two_readings_there_is_none_and_a_reason(timeline: list[TimelinePoint]) -> None:
    energy = summarize_energy(timeline, [REAL], None, "no RAPL")
    assert (energy.gpu_j, energy.gpu_reason) == (None, "its counter was not read twice")


@pytest.mark.parametrize("at", [(0, 1, 2), (2, 3, 4)])
def test_a_counter_that_ends_before_the_run_or_begins_after_it_is_not_the_runs(at: tuple[int, ...]) -> None:
    timeline = [_point(t, float(t) if t in at else None) for t in range(5)]
    energy = summarize_energy(timeline, [REAL], None, "no RAPL")
    assert energy.gpu_j is None
    assert "did not answer all the time" in (energy.gpu_reason or "")


def test_a_request_that_the_readings_do_not_span_is_left_out() -> None:
    energy = summarize_energy([_point(1.5, 0.0), _point(4, 250.0)], [REAL], None, "no RAPL")
    assert energy.gpu_j == 250.0
    assert energy.joules_per_output_token is None


def test_failed_requests_have_no_tokens() -> None:
    failed = example_trial("real", error="reset", started_ns=SECOND_NS)
    assert summarize_energy([_point(0, 0.0), _point(9, 9.0)], [failed], None, "no RAPL").joules_per_output_token is None


def test_idle_gpus_have_no_part_in_what_a_model_on_the_cpu_took() -> None:
    on_cpu = REAL.model_copy(update={"loaded_before": LoadedModel(name="m", size_vram_bytes=0)})
    alone = summarize_energy([_point(0, 0.0), _point(4, 400.0)], [on_cpu], None, "no RAPL")
    assert (alone.gpu_j, alone.sources) == (None, ())
    assert "on the CPU" in (alone.reason or "")
    beside = summarize_energy([_point(0, 0.0, 0.0), _point(4, 400.0, 40.0)], [on_cpu], None, None)
    assert (beside.gpu_j, beside.cpu_j, beside.sources) == (None, 40.0, ("rapl",))
