"""What a load test's summary gives cause to tell: a p95 over its bound, or a component without one. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ollama_bench.load.bounds import LoadConfig, Severity
from ollama_bench.load.summary import Summary, of_component


@dataclass(frozen=True)
class Alert:
    """One line of data/aiops/alerts.jsonl; its fields in their order."""

    id: str
    """The same for the same summary, component and metric, whenever it is told."""
    time: str
    """When it was told, UTC."""
    component: str
    metric: str
    observed_p95_ms: float | None
    """None where the summary has none: nothing says that the component is well."""
    threshold_p95_ms: float
    severity: Severity
    description: str
    source: str
    """The summary's path."""
    summary_sha256: str

    def line(self) -> str:
        """As it is stored, without the line feed; ASCII, so that no character of a path ends a line."""
        return json.dumps(asdict(self))


def alerts_of(summary: Summary, config: LoadConfig, now: str) -> list[Alert]:
    """In the order of the bounds. Raises ConfigurationError for a summary with figures that are none."""
    return list(_alerts(summary, config, now))


def _alerts(summary: Summary, config: LoadConfig, now: str) -> Iterator[Alert]:
    for component, bounds in config.bounds_p95_ms.items():
        for metric, bound_ms in bounds.items():
            observed_ms = summary.request_time(of_component(metric, component), "p(95)")
            if observed_ms is None:
                severity: Severity = "critical"
                told = f"the summary has no {metric} of {component}: it was not exercised, or never answered"
            elif observed_ms >= bound_ms:  # as k6's threshold, p(95)<bound
                ratio = observed_ms / bound_ms
                severity = config.severity(ratio)
                told = (
                    f"p95 of {metric} of {component}: {observed_ms:.0f} ms, {ratio:.2f} x its bound of {bound_ms:g} ms"
                )
            else:
                continue
            identity = hashlib.sha256(f"{summary.sha256} {component} {metric}".encode()).hexdigest()[:16]
            yield Alert(
                identity, now, component, metric, observed_ms, bound_ms, severity, told, summary.path, summary.sha256
            )
