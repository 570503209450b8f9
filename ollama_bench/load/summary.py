"""The JSON that `k6 run --summary-export` writes, as far as it is read here. Pure, but for `read_summary`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from orchestrator.errors import ConfigurationError

MAX_SUMMARY_BYTES = 64_000_000

Metric = Mapping[str, Any]


@dataclass(frozen=True)
class Summary:
    """One run's metrics by k6's own names, such as `http_req_duration{component:ui}`."""

    path: str
    """Where it was read, for messages."""
    sha256: str
    """Of its bytes."""
    metrics: Mapping[str, Metric]

    def request_time(self, name: str, statistic: str) -> float | None:
        """A statistic such as `p(95)` of a trend of requests; None where the metric is not there, or none was answered.

        k6 lists a metric that a threshold names even without a sample, with zeros, and counts a refused connection as
        0 ms: what never took any time was not measured. Raises ConfigurationError for what is no statistic.
        """
        if name not in self.metrics or not self._number(name, "max"):
            return None
        return self._number(name, statistic)

    def trend(self, name: str, statistic: str) -> float | None:
        """The same of a trend with a count, whose zeros are figures."""
        return self._number(name, statistic) if self.count(name) else None

    def count(self, name: str, statistic: str = "count") -> int:
        """A count, such as that of a counter, or `passes` of a rate; 0 where the metric is not there."""
        return round(self._number(name, statistic)) if name in self.metrics else 0

    def crossed(self) -> list[str]:
        """The thresholds that were crossed, such as `http_req_duration{component:ui}: p(95)<850`."""
        return [
            f"{name}: {condition}"
            for name, metric in sorted(self.metrics.items())
            for condition, is_crossed in (metric.get("thresholds") or {}).items()
            if is_crossed is True
        ]

    def _number(self, name: str, statistic: str) -> float:
        value = self.metrics[name].get(statistic)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e15:
            found = "missing" if value is None else f"not a figure (found {str(value)[:80]!r})"
            raise ConfigurationError(f"{self.path}: metrics.{name}.{statistic}: {found}: not a summary of k6")
        return float(value)


def read_summary(path: Path) -> Summary:
    """Raises ConfigurationError for a file that is not there, or is no summary."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SUMMARY_BYTES + 1)
    except OSError as error:
        why = f"{path}: cannot be read: {error.strerror or error}"
        raise ConfigurationError(f"{why}: `ollama-bench load prism` or `k6 run --summary-export` writes it") from error
    if len(data) > MAX_SUMMARY_BYTES:
        raise ConfigurationError(f"{path}: larger than {MAX_SUMMARY_BYTES} bytes: not a summary of k6")
    return parse_summary(data, str(path))


def parse_summary(data: bytes, path: str) -> Summary:
    """The same from bytes. Raises ConfigurationError."""
    try:
        document = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise ConfigurationError(f"{path}: not JSON: {error}: not a summary of k6") from error
    metrics = document.get("metrics") if isinstance(document, dict) else None
    if not isinstance(metrics, dict) or not all(isinstance(metric, dict) for metric in metrics.values()):
        raise ConfigurationError(f"{path}: metrics: missing, or not what k6 writes: not a summary of k6")
    return Summary(path, hashlib.sha256(data).hexdigest(), metrics)


def of_component(metric: str, component: str) -> str:
    """What k6 calls the part of a metric that has the tag `component`."""
    return f"{metric}{{component:{component}}}"
