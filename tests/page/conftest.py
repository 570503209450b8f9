"""The script that draws, put together once; pages as files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ollama_bench.page import report_page
from ollama_bench.scorecard import RunResult

Written = Callable[[Sequence[RunResult]], Path]


@pytest.fixture(scope="session")
def library() -> str:
    """Vega, Vega-Lite and Vega-Embed."""
    from ollama_bench.commands.report import plotting_library

    return plotting_library()


@pytest.fixture
def written(tmp_path: Path, library: str) -> Written:
    """The page of some results as a file."""

    def write(results: Sequence[RunResult]) -> Path:
        path = tmp_path / "page.html"
        path.write_text(report_page(results, library), encoding="utf-8")
        return path

    return write
