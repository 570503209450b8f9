"""Components under load as a source of orchestrator scenarios: `bench:run --name load:ui`. Light: `--help` loads it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import click

from orchestrator.errors import ConfigurationError
from orchestrator.scenario import Session

SOURCE = "load"
"""The name of the entry point that this module is registered under."""

SCRIPT = Path("load/k6_prism_console.js")
"""In the checkout; it says what the load is."""

options: Sequence[click.Option] = ()


@dataclass(frozen=True)
class LoadScenario:
    """One metric of one component while all components of the Prism console are under full load.

    An iteration is one answer of that component, timed by k6.
    """

    name: str
    goal: str
    component: str
    metric: str
    kind: str = "load"
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
