"""Peaks, mean CPU over busy time, and where the VRAM figure comes from."""

from dataclasses import replace
from typing import Any

import pytest

from ollama_bench.observed import TimelinePoint
from ollama_bench.trial import LoadedModel, Trial
from ollama_bench.usage import (
    ProcessPeak,
    Reading,
    make_timeline,
    mean_cpu_percent,
    other_cpu_by_phase,
    other_cpu_of_all,
    summarize_usage,
    throttle_reasons,
    unsampled_s,
)
from tests.examples import SECOND_NS, example_trial


def _reading(at_s: float, rss_bytes: int | None = 100, cpu_s: float = 0.0, vram_bytes: int | None = None) -> Reading:
    return Reading(round(at_s * SECOND_NS), rss_bytes, cpu_s, vram_bytes)


def _point(t_s: float, cpu_percent: float | None) -> TimelinePoint:
    return TimelinePoint(t_s=t_s, rss_bytes=1, cpu_percent=cpu_percent, vram_bytes=None)


def _busy(start_s: float, end_s: float, **changes: Any) -> Trial:
    return example_trial(started_ns=round(start_s * SECOND_NS), end_ns=round((end_s - start_s) * SECOND_NS), **changes)


def test_cpu_of_a_point_is_its_rate_since_the_point_before() -> None:
    timeline = make_timeline([_reading(1.0, cpu_s=5.0), _reading(1.1, cpu_s=5.15), _reading(1.3004, cpu_s=5.15)])

    assert [point.t_s for point in timeline] == [1.0, 1.1, 1.3]
    assert [point.cpu_percent for point in timeline] == [None, 150.0, 0.0]


def test_a_server_that_was_not_seen_whole_has_no_figures_at_that_instant() -> None:
    readings = [_reading(1), _reading(2, None, 5.0, 7), _reading(3, None, 5.0, 7), _reading(4, cpu_s=6.0)]
    timeline = make_timeline(readings)

    assert [(p.rss_bytes, p.cpu_percent, p.vram_bytes) for p in timeline[1:]] == [
        (None, None, None),
        (None, None, None),
        (100, None, None),
    ]


@pytest.mark.parametrize(
    ("seen_until_s", "missed_s"),
    [(10.0, 0.0), (7.0, 1.0), (3.5, 2.5), (None, 5.0)],
)
def test_what_was_not_sampled_while_requests_were_under_way(seen_until_s: float | None, missed_s: float) -> None:
    readings = [
        _reading(at / 10, 100 if seen_until_s is not None and at / 10 <= seen_until_s else None) for at in range(101)
    ]
    trials = [_busy(1, 4), _busy(6, 8, phase="quality"), _busy(8.5, 9.5, error="reset")]
    assert unsampled_s(make_timeline(readings), trials) == pytest.approx(missed_s)


def test_a_gap_between_samples_is_not_sampled() -> None:
    timeline = make_timeline([_reading(0), _reading(1), _reading(4), _reading(5)])
    assert unsampled_s(timeline, [_busy(0.5, 4.5)]) == 3
    assert unsampled_s([], [_busy(0.5, 4.5)]) == 4


def test_throttling_counts_while_a_timed_request_is_under_way() -> None:
    readings = [replace(_reading(at), throttle_reasons=(f"at {at}",)) for at in range(6)]
    trials = [_busy(0.5, 2), _busy(2.5, 3.5, phase="quality"), _busy(3.8, 4.2, error="reset")]

    assert throttle_reasons(readings, trials) == {"at 1", "at 2"}


def test_two_readings_at_one_instant_have_no_rate_between_them() -> None:
    assert [p.cpu_percent for p in make_timeline([_reading(1.0), _reading(1.0, cpu_s=1.0)])] == [None, None]


def test_mean_cpu_is_over_the_time_in_which_a_request_was_under_way() -> None:
    timeline = [_point(0, None), _point(1, 10), _point(2, 100), _point(3, 200), _point(4, 10)]

    assert mean_cpu_percent(timeline, [_busy(1, 3)]) == 150
    assert mean_cpu_percent(timeline, [_busy(1.5, 2.25)]) == pytest.approx((0.5 * 100 + 0.25 * 200) / 0.75)
    assert mean_cpu_percent(timeline, [_busy(1, 2), _busy(2.5, 3)]) == pytest.approx((100 + 0.5 * 200) / 1.5)
    assert mean_cpu_percent(timeline, [_busy(2, 9)]) == 105  # what lies beyond the timeline counts for nothing


def _others(*percents: float) -> list[TimelinePoint]:
    """A point a second, with the CPU of others since the one before."""
    told = (None, *percents)
    return [_point(at, None).model_copy(update={"other_cpu_percent": percent}) for at, percent in enumerate(told)]


def test_load_by_others_is_told_of_each_phase() -> None:
    timeline = _others(200, 0, 0, 0, 0, 0)
    trials = [_busy(0, 0.5, phase="warm"), _busy(0.5, 1, phase="warm"), _busy(1, 6), _busy(0, 0.4, phase="cold")]
    trials += [_busy(0, 1, phase="quality"), _busy(0, 1, phase="long", error="reset")]

    assert other_cpu_by_phase(timeline, trials) == {"warm": 200, "real": 0}  # cold is too short to tell
    assert other_cpu_by_phase(_others(-5), [_busy(0, 1)]) == {"real": 0}


def test_load_by_others_over_the_whole_run() -> None:
    assert other_cpu_of_all(_others(200, 0, 0, 40)) == 60
    assert other_cpu_of_all(_others()) is None


def test_mean_cpu_leaves_out_failed_and_quality_requests() -> None:
    timeline = [_point(0, None), _point(1, 50), _point(2, 100), _point(3, 200)]
    trials = [_busy(0, 1), _busy(1, 2, error="reset"), _busy(2, 3, phase="quality")]

    assert mean_cpu_percent(timeline, trials) == 50


@pytest.mark.parametrize("trials", [[], [_busy(8, 9)], [_busy(1, 2, error="reset")], [example_trial(end_ns=None)]])
def test_no_busy_time_has_no_mean(trials: list[Trial]) -> None:
    assert mean_cpu_percent([_point(0, None), _point(3, 50)], trials) is None


def test_peaks_and_processes() -> None:
    usage = summarize_usage(
        [_reading(0, 100), _reading(1, 900), _reading(2, 300)],
        [ProcessPeak(7, "ollama", 80, 85), ProcessPeak(8, "llama-server", 830, None)],
        [],
        interval_s=0.1,
        sampler_cpu_s=0.02,
        reason=None,
    )

    assert (usage.peak_rss_bytes, usage.samples, usage.interval_s, usage.sampler_cpu_s) == (900, 3, 0.1, 0.02)
    assert [(p.pid, p.name, p.peak_rss_bytes, p.vm_hwm_bytes) for p in usage.processes] == [
        (7, "ollama", 80, 85),
        (8, "llama-server", 830, None),
    ]


def test_without_readings_every_figure_is_null_and_the_reason_is_kept() -> None:
    usage = summarize_usage([], [], [example_trial()], interval_s=0.1, sampler_cpu_s=0.0, reason="remote")

    assert (usage.peak_rss_bytes, usage.cpu_percent_mean, usage.samples, usage.timeline) == (None, None, 0, ())
    assert (usage.reason, usage.unsampled_s) == ("remote", None)


def test_figures_of_a_part_of_the_run_come_with_what_is_missing() -> None:
    readings = [_reading(0), _reading(1), _reading(2, None)]
    usage = summarize_usage(
        readings, [], [_busy(0, 2)], interval_s=0.1, sampler_cpu_s=0.0, reason=None, missing="it ended"
    )
    never = summarize_usage([], [], [_busy(0, 2)], interval_s=0.1, sampler_cpu_s=0.0, reason=None)

    assert (usage.peak_rss_bytes, usage.samples, usage.unsampled_s, usage.reason) == (100, 2, 1.0, "it ended")
    assert (never.peak_rss_bytes, never.unsampled_s, never.reason) == (None, 2.0, "nothing was sampled yet")


@pytest.mark.parametrize(
    ("sampled", "told", "expected"),
    [
        ((None, 500, 700, 600), 900, (700, "nvml")),
        ((0, 0), 900, (0, "nvml")),
        ((None, None), 900, (900, "api_ps")),
        ((None,), 0, (0, "api_ps")),
        ((None,), None, (None, None)),
        ((), 900, (900, "api_ps")),
    ],
)
def test_vram_is_nvmls_else_the_servers_own(
    sampled: tuple[int | None, ...], told: int | None, expected: tuple[int | None, str | None]
) -> None:
    usage = summarize_usage(
        [_reading(at, vram_bytes=size) for at, size in enumerate(sampled)],
        [],
        [
            example_trial("cold"),
            example_trial(loaded_before=LoadedModel(name="m", size_vram_bytes=told)),
            example_trial(loaded_before=LoadedModel(name="m", size_vram_bytes=None)),
        ],
        interval_s=0.1,
        sampler_cpu_s=0.0,
        reason=None,
    )

    assert (usage.peak_vram_bytes, usage.vram_source) == expected
