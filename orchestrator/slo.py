"""Objectives: a metric with a limit and a direction; the defaults, and `config/slo.yaml` over them.

Treasury-BOT: {p50_ms: 100, p95_ms: 200, max_mem_mb: 256}
"llama*": {min_tok_s: 20, ttft_p95_ms: 500}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from orchestrator.config import load_yaml, parse_yaml, refuse_same_names
from orchestrator.stats import MIN_SAMPLES_FOR_P95, Interval

FILE = Path("config/slo.yaml")

Direction = Literal["at most", "at least"]

METRICS: dict[str, tuple[str, Direction]] = {
    "p50_ms": ("p50_ms", "at most"),
    "p95_ms": ("p95_ms", "at most"),
    "max_mem_mb": ("peak_rss_mb", "at most"),
    "min_tok_s": ("gen_tok_s.p50", "at least"),
    "ttft_p95_ms": ("ttft_ms.p95", "at most"),
}
"""What each key of the file limits, and how."""

Limit = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


class Limits(BaseModel):
    """The keys that an entry may have; null takes a default away."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    p50_ms: Limit | None = None
    p95_ms: Limit | None = None
    max_mem_mb: Limit | None = None
    """MB are 10^6 bytes."""
    min_tok_s: Limit | None = None
    ttft_p95_ms: Limit | None = None


class SloFile(RootModel[dict[str, Limits]]):
    """By scenario name or pattern (`*`, `?`, `[...]`); case does not count."""

    @model_validator(mode="after")
    def _names_differ(self) -> "SloFile":
        refuse_same_names(self.root)
        return self


DEFAULTS: dict[str, Limits] = {
    "Treasury-BOT": Limits(p50_ms=100, p95_ms=200, max_mem_mb=256),
    "RevOps-BOT": Limits(p50_ms=120, p95_ms=250, max_mem_mb=256),
    "SRE-BOT": Limits(p50_ms=100, p95_ms=200, max_mem_mb=256),
}


@dataclass(frozen=True)
class Objective:
    """One promise."""

    key: str
    """As in the file."""
    metric: str
    limit: float
    direction: Direction


@dataclass(frozen=True)
class Slo:
    """What one scenario has promised; it may be nothing."""

    name: str
    objectives: tuple[Objective, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A measured metric."""

    value: float
    n: int
    """Samples behind it; for memory, runs."""
    interval: Interval


@dataclass(frozen=True)
class Check:
    """An objective held against what was measured."""

    objective: Objective
    observed: float | None
    n: int
    interval: Interval
    indicative: bool
    """A p95 of so few samples that no upper bound exists; never changes `passed`."""
    passed: bool | None
    """None when the metric was not measured."""


def load_slos(path: Path | None = None) -> SloFile:
    """The file's entries: of `path`, which must exist, else of `config/slo.yaml` if there is one.

    Raises ConfigurationError, one line a mistake: `FILE:LINE: key: what is wrong`.
    """
    if path is None and not FILE.exists():
        return SloFile({})
    return load_yaml(path or FILE, SloFile)


def parse_slos(text: str, name: str = "slo.yaml") -> SloFile:
    """The same from text. Raises ConfigurationError."""
    return parse_yaml(text, SloFile, name)


def slo_for(name: str, file: SloFile) -> Slo:
    """The entry of that name, else of the first pattern that matches, over the default key by key."""
    entries = file.root
    exact = [key for key in entries if key.casefold() == name.casefold()]
    matching = exact or [key for key in entries if fnmatchcase(name.casefold(), key.casefold())]
    limits = next((value for key, value in DEFAULTS.items() if key.casefold() == name.casefold()), Limits())
    if matching:
        entry = entries[matching[0]]
        limits = limits.model_copy(update={key: getattr(entry, key) for key in entry.model_fields_set})
    given = {key: getattr(limits, key) for key in METRICS}
    return Slo(name, tuple(Objective(key, *_placed(key, limit)) for key, limit in given.items() if limit is not None))


def _placed(key: str, limit: float) -> tuple[str, float, Direction]:
    metric, direction = METRICS[key]
    return metric, limit, direction


def four_digits(value: float) -> str:
    """Four significant digits, and no exponent for a long time: 14348, not 1.435e+04."""
    return f"{value:.4g}" if abs(value) < 9_999.5 else f"{value:.0f}"


def check(slo: Slo, figures: Mapping[str, Figure]) -> list[Check]:
    """Each objective against its figure: the point estimate decides, the interval is told beside it."""
    return [_check_one(objective, figures.get(objective.metric)) for objective in slo.objectives]


def _check_one(objective: Objective, figure: Figure | None) -> Check:
    if figure is None:
        return Check(objective, None, 0, (None, None), indicative=False, passed=None)
    holds = figure.value <= objective.limit if objective.direction == "at most" else figure.value >= objective.limit
    indicative = "p95" in objective.metric and figure.n < MIN_SAMPLES_FOR_P95
    return Check(objective, figure.value, figure.n, figure.interval, indicative, holds)
