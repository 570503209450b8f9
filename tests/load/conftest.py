"""What tests of load tests need: the checkout as the working directory, and a k6 that reports no usage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ollama_bench.load.stack import Ports, Stack, running_stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_usage_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a k6 that a test starts itself."""
    monkeypatch.setenv("K6_NO_USAGE_REPORT", "true")


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """The working directory is this checkout."""
    if "workspace" in request.fixturenames:
        request.getfixturevalue("workspace")  # it changes the working directory too, and must come first
    monkeypatch.chdir(ROOT)
    return ROOT


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    """The real stack on free ports."""
    with running_stack(Ports(0, 0, 0), root=ROOT) as stack:
        yield stack
