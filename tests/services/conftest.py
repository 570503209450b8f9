"""The real services as processes; one stack for all tests that leave it as it was."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ollama_bench.load.stack import Ports, Stack, running_stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack(Ports(0, 0, 0), root=ROOT, environment={"QUANTUM_API_TOKEN": "tö-ken"}) as running:
        yield running


@pytest.fixture
def quantum(stack: Stack) -> Iterator[httpx.Client]:
    """A client of Quantum Lab with a cookie jar of its own, as a browser has it."""
    with httpx.Client(base_url=stack.quantum_url, trust_env=False) as client:
        yield client


@pytest.fixture
def materials(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.materials_url, trust_env=False) as client:
        yield client
