"""What is drawn, as data."""

import json
from typing import Any

import pytest

from ollama_bench.observed import TimelinePoint
from ollama_bench.page.charts import gaps, over_time, strips
from ollama_bench.page.charts.scatter import LOOKS, Point, speed_and_quality
from ollama_bench.page.findings import MEANINGS
from tests.examples import example_trial


def test_samples_that_would_cover_each_other_are_stacked_to_either_side() -> None:
    assert strips.swarm([1.0, 1.0, 1.0, 2.0]) == [0.0, 0.25, -0.25, 0.0]
    assert strips.swarm([3.0] * 41)[-1] == -1.0
    assert strips.swarm([]) == []


def test_every_sample_of_a_strip_is_a_dot_on_a_scale_that_shows_it() -> None:
    strip = strips.strip("warm", "var(--series-2)", [0.30, 0.31, 0.29])
    row = strips.by_phase([strip], "s", 2)["vconcat"][0]
    dots, median = row["layer"]

    assert dots["data"]["values"] == [{"value": [0.30, 0.31, 0.29], "height": [0.0, 0.0, 0.0]}]
    assert median["data"]["values"] == [{"value": 0.30}]
    low, high = dots["encoding"]["x"]["scale"]["domain"]
    assert (low, high) == pytest.approx((0.27, 0.33)), "at least a tenth of the median to either side"
    assert row["title"]["subtitle"] == "median 0.30 s, n = 3"


def test_the_band_of_a_strip_is_the_interval_of_its_median() -> None:
    strip = strips.strip("warm", "c", [float(i) for i in range(1, 7)])

    assert strip.interval == (1.0, 6.0)
    band = strips.by_phase([strip], "s", 1)["vconcat"][0]["layer"][0]
    assert band["data"]["values"] == [{"value": 1.0, "high": 6.0}]
    assert strips.told(strip, "s", 1) == "median 3.5 s (95 % interval 1.0 to 6.0), n = 6"


def test_of_very_many_samples_the_ends_are_drawn() -> None:
    strip = strips.strip("warm", "c", [float(i) for i in range(10_000)])

    assert len(strip.dots) == strips.MOST_DOTS
    assert (strip.dots[0], strip.dots[-1]) == (0.0, 9999.0)


def test_runs_are_drawn_on_one_scale_from_zero() -> None:
    rows = strips.by_run([strips.strip("a", "c", [10.0]), strips.strip("b", "c", [40.0, 50.0])], "tok/s", 1)["vconcat"]

    domains = [row["layer"][0]["encoding"]["x"]["scale"]["domain"] for row in rows]
    assert domains[0] == domains[1]
    assert domains[0][0] == 0
    assert domains[0][1] > 50
    assert rows[1]["layer"][-1]["data"]["values"] == [{"value": 50.0, "median": "45.0"}]


def test_gaps_are_milliseconds_in_three_digits_with_the_median_of_all_answers() -> None:
    slow = example_trial(chunk_ns=(0, 10_000_000, 30_123_456), index=1)
    fast = example_trial(chunk_ns=(0, 2_000_000), index=0)
    row = gaps.along_the_answer([("real", [fast, slow])])["vconcat"][0]

    assert row["layer"][0]["data"]["values"] == [
        {"trial": 1, "gap_ms": [2.0]},
        {"trial": 2, "gap_ms": [10.0, 20.1]},
    ]
    assert row["layer"][1]["data"]["values"][0]["gap_ms"] == [6.0, 20.1]


def test_answers_beyond_the_room_are_left_out_evenly() -> None:
    trials = [example_trial(index=i, chunk_ns=tuple(range(gaps.MOST_POINTS // 3))) for i in range(10)]

    assert [trial.index for trial in gaps.drawn(trials)] == [0, 3, 6]
    assert gaps.drawn(trials[:2]) == trials[:2]


def _timeline(n: int) -> list[TimelinePoint]:
    return [
        TimelinePoint(t_s=i / 10, rss_bytes=1_000_000 * i, cpu_percent=float(i % 2), vram_bytes=None) for i in range(n)
    ]


def test_a_thinned_timeline_keeps_the_peak_and_the_mean() -> None:
    timeline = _timeline(4 * over_time.MOST_POINTS)
    columns = over_time.columns_of(timeline)

    assert over_time.points_as_one(timeline) == 4
    assert len(columns["t_s"]) == over_time.MOST_POINTS
    assert columns["memory_mb"][-1] == len(timeline) - 1
    assert set(columns["cpu"]) == {0.5}
    assert set(columns["vram_mb"]) == {None}


def test_cpu_below_zero_is_drawn_as_none_of_it() -> None:
    point = TimelinePoint(t_s=0, rss_bytes=None, cpu_percent=None, vram_bytes=None, other_cpu_percent=-360.0)

    assert over_time.columns_of([point])["other"] == [0.0]


def test_only_what_was_measured_has_a_panel_and_quality_is_what_follows() -> None:
    trial = example_trial("real", started_ns=1_000_000_000, end_ns=2_000_000_000, index=2)
    spec = over_time.over_time(_timeline(100), [trial], quality=True)

    assert [row["title"]["text"] for row in spec["vconcat"]] == [
        "Requests",
        "Memory of the server's processes, MB",
        "CPU, % of one core",
    ]
    assert spec["datasets"]["requests"] == [
        {"phase": "real", "start": 1.0, "end": 3.0, "number": 3},
        {"phase": "quality", "start": 3.0, "end": 9.9, "number": None},
    ]
    assert list(spec["datasets"]["columns"][0]) == ["t_s", "memory_mb", "cpu"]


def test_memory_of_gpus_has_a_panel_of_its_own() -> None:
    point = TimelinePoint(t_s=1, rss_bytes=2_000_000, cpu_percent=None, vram_bytes=3_000_000)
    panels = over_time.panels_of(over_time.columns_of([point]))

    assert [heading for heading, _, _ in panels] == ["Memory of the server's processes", "Memory on GPUs"]


def test_each_decision_has_a_look() -> None:
    assert set(LOOKS) == set(MEANINGS)
    assert len({shape for shape, _, _ in LOOKS.values()}) == len(LOOKS)


def test_the_scatter_draws_small_on_top_of_large() -> None:
    points = [
        Point("a", 10, 3, 100, "keep small"),
        Point("b", 20, 4, 900, "try 3–8B"),
        Point("c", 5, 1, None, "inconclusive"),
    ]
    spec = speed_and_quality(points, 9, "quality", 20.0)

    assert spec["layer"][0]["data"]["values"] == [{"tok_s": 20.0}]
    assert [point["name"] for point in spec["layer"][1]["data"]["values"]] == ["b", "a", "c"]
    assert json.dumps(spec), "plain data"


def _colours(spec: Any) -> set[str]:
    if isinstance(spec, dict):
        own = {value for key, value in spec.items() if key in {"color", "fill"} and isinstance(value, str)}
        return own.union(*map(_colours, spec.values()))
    return set().union(*map(_colours, spec)) if isinstance(spec, list) else set()


def test_colours_are_the_styles_own() -> None:
    spec = over_time.over_time(_timeline(5), [example_trial()], quality=False)

    assert all(colour.startswith("var(--") for colour in _colours(spec))
