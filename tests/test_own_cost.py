"""What measuring took: the client's part of its requests, the sampler's of the run, and late events."""

import pytest

from ollama_bench.observed import TimelinePoint
from ollama_bench.own_cost import summarize_cost
from tests.examples import SECOND_NS, example_trial


def test_the_cost_by_hand() -> None:
    timeline = [TimelinePoint(t_s=t, rss_bytes=1, cpu_percent=None, vram_bytes=None) for t in (1.0, 11.0)]
    trials = [
        example_trial("warm", client_cpu_ns=20_000_000, end_ns=SECOND_NS),
        example_trial("real", client_cpu_ns=40_000_000, end_ns=2 * SECOND_NS),
        example_trial("quality", client_cpu_ns=SECOND_NS, end_ns=SECOND_NS),
    ]
    cost = summarize_cost(trials, timeline, 0.05, [0.001, 0.0051, 0.030])

    assert cost.client_cpu_s == pytest.approx(0.06)
    assert cost.client_cpu_percent == pytest.approx(2.0)
    assert cost.sampler_cpu_percent == pytest.approx(0.5)
    assert (cost.wakeups, cost.late_wakeups, cost.worst_wakeup_s) == (3, 2, 0.030)


def test_nothing_measured_has_no_percentage() -> None:
    cost = summarize_cost([], [], 0.0, [])
    assert (cost.client_cpu_percent, cost.sampler_cpu_percent, cost.worst_wakeup_s) == (None, None, None)
