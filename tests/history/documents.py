"""Folders of saved runs for the history to read."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ollama_bench.history.entry import Entry, Run
from ollama_bench.history.listing import Listing, list_folder
from tests.examples import the_example_of_the_design

FIRST = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@cache
def _text() -> str:
    return the_example_of_the_design().to_json()


def document(name: str = "llama3.2:1b", days: float = 0) -> str:
    """A document of a run of the model `name`, `days` after FIRST."""
    text = _text().replace('"llama3.2:1b"', f'"{name}"')
    return text.replace("2026-11-23T17:03:12Z", (FIRST + timedelta(days=days)).isoformat())


def save(folder: Path, file: str, **described: Any) -> Path:
    """A saved run."""
    folder.mkdir(exist_ok=True)
    path = folder / file
    path.write_text(document(**described), encoding="utf-8")
    return path


def listed(folder: Path, **options: Any) -> Listing:
    """What is in the folder, without progress."""
    return list_folder(folder, lambda _done, _total: None, **options)


def files(folder: Path) -> list[str]:
    """The files of the runs in their order."""
    return [run.file for run in listed(folder).runs]


def a_run(file: str = "a.json", **changes: Any) -> Run:
    """A run as the index knows it."""
    fields: dict[str, Any] = {
        "id": "x",
        "started_at": "2026-11-01T12:00:00.000000Z",
        "model": "llama3.2:1b",
        "quantization": "Q8_0",
        "machine": "AMD EPYC",
        "server": "ollama 0.33.0",
        "complete": True,
        "warm_latency_s": 0.31,
        "real_tok_s": 41.2,
        "peak_rss_bytes": 1_873_000_000,
        "follow": 3,
        "coherent": 3,
        "no_hallucination": 2,
        "assessed": 3,
        "verdict": "keep small",
        "valid": True,
    }
    return Run(file, Entry(**fields | changes))
