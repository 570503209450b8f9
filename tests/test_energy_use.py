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
    energy = summarize_energy(timeline, [REAL], ["nvml"], None)

    assert energy.gpu_j == 400.0
    assert energy.cpu_j is None
    assert energy.sources == ("nvml",)
    assert energy.joules_per_output_token == pytest.approx((250 - 50) / 50)


def test_both_counters_are_added() -> None:
    timeline = [_point(0, 0.0, 10.0), _point(4, 400.0, 50.0)]
    energy = summarize_energy(timeline, [REAL, example_trial("long", started_ns=0)], ["nvml", "rapl"], None)

    assert (energy.gpu_j, energy.cpu_j) == (400.0, 40.0)
    assert energy.joules_per_output_token == pytest.approx((200 + 20) / 50)


@pytest.mark.parametrize("timeline", [[], [_point(0, 1.0)], [_point(0), _point(1)]])
def test_without_two_readings_there_is_none_and_a_reason(timeline: list[TimelinePoint]) -> None:
    assert summarize_energy(timeline, [REAL], [], "no GPU") == Energy(reason="no GPU")


def test_a_request_that_the_readings_do_not_span_is_left_out() -> None:
    energy = summarize_energy([_point(1.5, 0.0), _point(4, 250.0)], [REAL], ["nvml"], None)
    assert energy.gpu_j == 250.0
    assert energy.joules_per_output_token is None


def test_failed_requests_have_no_tokens() -> None:
    failed = example_trial("real", error="reset", started_ns=SECOND_NS)
    assert summarize_energy([_point(0, 0.0), _point(9, 9.0)], [failed], ["nvml"], None).joules_per_output_token is None


def test_idle_gpus_have_no_part_in_what_a_model_on_the_cpu_took() -> None:
    on_cpu = REAL.model_copy(update={"loaded_before": LoadedModel(name="m", size_vram_bytes=0)})
    alone = summarize_energy([_point(0, 0.0), _point(4, 400.0)], [on_cpu], ["nvml"], None)
    assert (alone.gpu_j, alone.sources) == (None, ())
    assert "on the CPU" in (alone.reason or "")
    beside = summarize_energy([_point(0, 0.0, 0.0), _point(4, 400.0, 40.0)], [on_cpu], ["nvml", "rapl"], None)
    assert (beside.gpu_j, beside.cpu_j, beside.sources) == (None, 40.0, ("rapl",))
