"""k6's exported summary: what is read from it, and what is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from ollama_bench.load.summary import Summary, parse_summary, read_summary
from orchestrator.errors import ConfigurationError
from tests.load.summaries import summary, trend, write

UI = "http_req_duration{component:ui}"


def _parsed(document: Any) -> Summary:
    return parse_summary(json.dumps(document).encode(), "s.json")


def test_a_trend_is_read() -> None:
    found = _parsed(summary({UI: 12.5}))

    assert (found.request_time(UI, "p(95)"), found.request_time(UI, "med"), found.count(UI)) == (12.5, 6.25, 100)


def test_what_was_not_measured_is_none_and_not_zero() -> None:
    """k6 lists a metric that a threshold names without a sample too, and a refused connection took 0 ms."""
    found = _parsed({"metrics": {UI: trend(0.0, max=0, count=25)}})

    assert found.request_time(UI, "p(95)") is None
    assert found.request_time("http_req_duration{component:other}", "p(95)") is None
    assert found.count("http_reqs{component:other}") == 0


def test_a_figure_that_is_zero_is_one_where_something_was_counted() -> None:
    found = _parsed({"metrics": {"ollama_queue": trend(0.0), "ollama_ttfb": trend(0.0, count=0)}})

    assert found.trend("ollama_queue", "med") == 0
    assert found.trend("ollama_ttfb", "med") is None
    assert found.trend("ollama_latency", "med") is None


def test_crossed_thresholds_are_named() -> None:
    """In this file `true` means crossed."""
    document = {"metrics": {UI: trend(900) | {"thresholds": {"p(95)<850": True, "max>0": False}}, "checks": {}}}

    assert _parsed(document).crossed() == [f"{UI}: p(95)<850"]


@pytest.mark.parametrize("value", ["12", None, True, -1, 1e300, [], {}])
def test_a_figure_that_is_none_is_told(value: Any) -> None:
    found = _parsed({"metrics": {UI: {"max": 5, "p(95)": value}}})

    with pytest.raises(ConfigurationError, match=r"s\.json: metrics\.http_req_duration\{component:ui\}\.p\(95\)"):
        found.request_time(UI, "p(95)")


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "{}", '{"metrics": []}', '{"metrics": {"a": 1}}', '{"metrics": {"a": {"max": NaN}}}',
        "[" * 100_000, "\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_summary_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(ConfigurationError, match="not a summary of k6"):
        read_summary(path)


def test_a_file_that_is_not_there_is_told_with_what_makes_it(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.json", tmp_path):
        with pytest.raises(ConfigurationError, match="load prism"):
            read_summary(path)


def test_crossed_takes_no_offence_at_other_shapes() -> None:
    found = _parsed({"metrics": {UI: {"thresholds": None}, "b": {"thresholds": []}, "c": {"thresholds": {"x": 1}}}})

    assert found.crossed() == []
