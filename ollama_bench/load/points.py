"""The single measurements that `k6 run --out json` writes, one JSON object a line. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

NS_PER_MS = 1_000_000


@dataclass(frozen=True)
class Point:
    """One value of one metric, in the metric's own unit (milliseconds for times)."""

    metric: str
    value: float
    tags: Mapping[str, str]


def parse_point(line: str) -> Point | None:
    """None for lines that define a metric. k6 writes these lines, so one that cannot be read is a crash."""
    entry = json.loads(line)
    if entry["type"] != "Point":
        return None
    data = entry["data"]
    return Point(entry["metric"], float(data["value"]), data["tags"] or {})


def held_sample_ns(point: Point, metric: str, component: str) -> int | None:
    """The time in ns of a good answer of that component, asked for while the full load was held; None for the rest."""
    tags = point.tags
    if point.metric != metric or tags.get("component") != component or tags.get("phase") != "hold":
        return None
    return round(point.value * NS_PER_MS) if tags.get("status", "200").startswith("2") else None


def failed_check(point: Point, component: str) -> str | None:
    """The name of the check of that component that failed at this point, if one did."""
    failed = point.metric == "checks" and not point.value and point.tags.get("component") == component
    return point.tags.get("check", "a check") if failed else None
