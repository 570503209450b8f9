"""Components under load as a source of orchestrator scenarios: `bench:run --name load:ui`. Light: `--help` loads it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import click

from ollama_bench.load.target import SCRIPT, Target
from orchestrator.errors import ConfigurationError
from orchestrator.scenario import Session

options: Sequence[click.Option] = ()


@dataclass(frozen=True)
class LoadScenario(Target):
    """A target as a scenario. An iteration is one answer of its component, timed by k6."""

    caches_unasked: bool = False

    def open(self, cache: bool | None) -> AbstractContextManager[Session]:
        """Start the stack and k6. Raises ConfigurationError: there is no cache, and `cache` asks for one."""
        if cache:
            raise ConfigurationError(f"{self.name}: a load test has no cache to compare")
        from ollama_bench.load.session import open_session

        return open_session(self)


SCENARIOS = (
    LoadScenario("load:ui", "serve the console page under load", "ui", "http_req_duration"),
    LoadScenario("load:quantum_lab", "log in and simulate CHSH under load", "quantum_lab", "http_req_duration"),
    LoadScenario("load:materials_service", "answer for jobs under load", "materials_service", "http_req_duration"),
    LoadScenario("load:materials_job", "finish a job under load", "materials_service", "materials_job_duration"),
)


def list() -> Sequence[LoadScenario]:  # noqa: A001 (the name that the protocol has)
    """All of them in a checkout, none elsewhere: the stack is a part of it."""
    return SCENARIOS if SCRIPT.is_file() else ()


def find(name: str) -> LoadScenario | None:
    """The one of that name, in any case; outside a checkout too, where it says what is missing when it is set up."""
    return next((scenario for scenario in SCENARIOS if scenario.name.casefold() == name.casefold()), None)
