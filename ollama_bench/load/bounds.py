"""config/load.yaml: what p95 of which component is still good, and how bad an excess is."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ollama_bench import resources
from ollama_bench.values import Config
from orchestrator.config import load_yaml

FILE = "config/load.yaml"

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
BoundMs = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Ratio = Annotated[float, Field(strict=True, gt=1, allow_inf_nan=False)]
Severity = Literal["warning", "major", "critical"]


class SeverityFrom(Config):
    """How many times the bound a p95 must be for a severity above "warning"."""

    major: Ratio
    critical: Ratio

    @model_validator(mode="after")
    def _rises(self) -> "SeverityFrom":
        if self.critical <= self.major:
            raise ValueError("critical must be above major")
        return self


class LoadConfig(Config):
    """The whole file."""

    bounds_p95_ms: Annotated[dict[Name, Annotated[dict[Name, BoundMs], Field(min_length=1)]], Field(min_length=1)]
    """By component and metric, in milliseconds."""
    severity_from: SeverityFrom

    def severity(self, ratio: float) -> Severity:
        """Of a p95 that is `ratio` times its bound."""
        if ratio >= self.severity_from.critical:
            return "critical"
        return "major" if ratio >= self.severity_from.major else "warning"


def load_bounds(file: Path | None = None) -> LoadConfig:
    """The bounds in `file`, else in ./config, else the project's own. Raises ConfigurationError."""
    return load_yaml(resources.find(FILE, file), LoadConfig)
