"""The user's own scenarios, from `config/scenarios.yaml` in the working directory.

nightly-import:
  goal: imports yesterday's orders
  command: python import.py --day yesterday
tokenise:
  callable: shop.text:tokenise_catalogue
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestrator.kinds import CallableScenario, CommandScenario

FILE = Path("config/scenarios.yaml")

options: Sequence[Any] = ()


def list() -> "tuple[CallableScenario | CommandScenario, ...]":  # noqa: A001  # the name that a source has
    """All of the file's, in its order; none without a file. Raises ConfigurationError."""
    if not FILE.exists():
        return ()
    from orchestrator.config import load_yaml
    from orchestrator.custom_file import ScenarioFile

    entries = load_yaml(FILE, ScenarioFile).root
    return tuple(
        CallableScenario(name, entry.goal, entry.callable)
        if entry.callable
        else CommandScenario(name, entry.goal, entry.command or "")
        for name, entry in entries.items()
    )


def find(name: str, **_options: Any) -> CallableScenario | CommandScenario | None:
    """The one of that name, in any case."""
    return next((scenario for scenario in list() if scenario.name.casefold() == name.casefold()), None)
