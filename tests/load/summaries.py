"""Summaries as k6 exports them, with figures of a test's own."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

BOUNDED = {
    "http_req_duration{component:ui}": 100.0,
    "http_req_duration{component:quantum_lab}": 100.0,
    "http_req_duration{component:materials_service}": 100.0,
    "materials_job_duration{component:materials_service}": 100.0,
}
"""What config/load.yaml bounds, with a p95 in ms that is far below."""


def trend(p95: float, **more: float) -> Json:
    """A trend of 100 samples."""
    return {"min": p95 / 2, "med": p95 / 2, "p(95)": p95, "max": 2 * p95, "count": 100} | more


def summary(p95s: dict[str, float | None] | None = None, **metrics: Json) -> Json:
    """With `p95s` over the good ones; None leaves a metric out."""
    chosen = {name: p95 for name, p95 in (BOUNDED | (p95s or {})).items() if p95 is not None}
    return {"metrics": {name: trend(p95) for name, p95 in chosen.items()} | metrics}


def write(folder: Path, document: Any) -> Path:
    """As `k6_summary.json`; text is written as it is."""
    path = folder / "k6_summary.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path
