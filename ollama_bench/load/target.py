"""What of the Prism console the gate can hold, by name. Pure."""

from dataclasses import dataclass
from pathlib import Path

SOURCE = "load"
"""The name of the entry point that `ollama_bench.load.scenario` is registered under."""

SCRIPT = Path("load/k6_prism_console.js")
"""In the checkout; it says what the load is."""


@dataclass(frozen=True)
class Target:
    """One metric of one component, while all components are under full load."""

    name: str
    goal: str
    component: str
    metric: str
    kind: str = "load"
