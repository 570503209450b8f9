from datetime import UTC, datetime

import pytest

from ollama_bench.history.choose import chosen
from ollama_bench.history.since import since_moment
from orchestrator.errors import ConfigurationError
from tests.history.documents import a_run

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)

NAMES = ("gemma3:270m", "gemma3:1b", "llama3.2:latest", "hf.co/a/b:Q4", "odd[1]:x")
RUNS = [
    a_run(f"{name}.json", model=name, started_at=f"2026-11-2{day}T12:00:00.000000Z") for day, name in enumerate(NAMES)
]


def _names(model: str | None = None, since: datetime | None = None, limit: int | None = None) -> list[str]:
    return [run.entry.model for run in chosen(RUNS, model, since, limit)]


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("gemma3:270m", ["gemma3:270m"]),
        ("GEMMA3:1B", ["gemma3:1b"]),
        ("gemma3*", ["gemma3:270m", "gemma3:1b"]),
        ("*", list(NAMES)),
        ("llama3.2", ["llama3.2:latest"]),
        ("odd[1]:x", ["odd[1]:x"]),
        ("odd?1?:x", ["odd[1]:x"]),
        ("gemma3", []),
        ("", []),
    ],
)
def test_a_model_is_a_name_or_else_a_pattern(model: str, found: list[str]) -> None:
    assert _names(model) == found


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    runs = [a_run(model="a" * 5000)]
    assert chosen(runs, "*a" * 40 + "b", None, None) == []


def test_since_takes_in_its_own_moment() -> None:
    assert _names(since=datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == list(NAMES[2:])
    assert _names(since=datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)) == list(NAMES[3:])


def test_the_limit_keeps_the_newest_of_what_is_meant() -> None:
    assert _names(limit=2) == list(NAMES[-2:])
    assert _names("gemma3*", limit=1) == ["gemma3:1b"]
    assert _names(limit=100) == list(NAMES)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T08:30", "2026-11-01T08:30:00+00:00"),
        ("2026-11-01 08:30:15", "2026-11-01T08:30:15+00:00"),
        ("2026-11-01T08:30+02:00", "2026-11-01T06:30:00+00:00"),
        ("2026-11-01T08:30Z", "2026-11-01T08:30:00+00:00"),
        ("12h", "2026-11-23T06:00:00+00:00"),
        ("7d", "2026-11-16T18:00:00+00:00"),
        ("3W", "2026-11-02T18:00:00+00:00"),
    ],
)
def test_a_moment_is_a_date_a_date_time_or_an_age(text: str, moment: str) -> None:
    assert since_moment(text, NOW).isoformat() == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "7", "7x", "-7d", "2026-13-01", "999999w", "0001-01-01T00:00+14:00", "٣d"]
)
def test_what_is_no_moment_is_a_mistake(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no moment"):
        since_moment(text, NOW)
