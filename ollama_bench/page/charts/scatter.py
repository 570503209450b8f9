"""Runs beside each other: speed against quality, with memory as size."""

from collections.abc import Sequence
from dataclasses import dataclass

from ollama_bench.page.charts import Spec, field, tip

HEIGHT_PX = 360

LOOKS = {
    "keep small": ("circle", "var(--good)", "●"),
    "try 3–8B": ("triangle-up", "var(--series-2)", "▲"),
    "need bigger": ("square", "var(--bad)", "■"),
    "inconclusive": ("diamond", "var(--series-5)", "◆"),
}
"""Of each decision: its shape, its colour, and the character that looks like it."""


@dataclass(frozen=True)
class Point:
    """One run."""

    name: str
    tok_s: float
    points: float
    memory_mb: float | None
    decision: str


def speed_and_quality(runs: Sequence[Point], most_points: float, quality_title: str, limit_tok_s: float | None) -> Spec:
    """Fast is right, good is up, small is small. `limit_tok_s` is a line where the rule draws one for all of them."""
    x = field("tok_s", title="generation, tok/s (median, real prompt)", scale={"zero": True, "nice": True})
    y = field(
        "points",
        title=quality_title,
        scale={"domain": [-0.06 * most_points, 1.18 * most_points], "nice": False},
        axis={"values": [round(most_points * i / 3, 2) for i in range(4)], "format": "~g"},
    )
    by_size = sorted(runs, key=lambda run: -(run.memory_mb or 0))  # small circles on top of large ones
    data = {"values": [vars(run) for run in by_size]}
    layers: list[Spec] = [
        {"data": data, "mark": {"type": "point", "strokeWidth": 1.5}, "encoding": {"x": x, "y": y, **_looks()}},
    ]
    if limit_tok_s is not None:
        rule = {"type": "rule", "strokeDash": [4, 4], "color": "var(--quiet)"}
        layers.insert(0, {"data": {"values": [{"tok_s": limit_tok_s}]}, "mark": rule, "encoding": {"x": x}})
    return {"usermeta": {"labels": "name"}, "width": "fill", "height": HEIGHT_PX, "layer": layers}


def _looks() -> Spec:
    names = list(LOOKS)
    colours = {"domain": names, "range": [LOOKS[name][1] for name in names]}
    unknown = "datum.memory_mb === null"
    memory = {"field": "memory_mb", "type": "quantitative", "scale": {"type": "linear", "zero": True}, "legend": None}
    return {
        "shape": field(
            "decision",
            "nominal",
            scale={"domain": names, "range": [LOOKS[name][0] for name in names]},
            legend=None,
        ),
        "stroke": field("decision", "nominal", scale=colours, legend=None),
        "fill": field("decision", "nominal", scale=colours, legend=None),
        "fillOpacity": {"condition": {"test": unknown, "value": 0}, "value": 0.35},
        "size": {"condition": {"test": unknown, "value": 90}, **memory, "scale": {"range": [60, 1100], "zero": True}},
        "tooltip": [
            tip("name", "run"),
            tip("tok_s", "tok/s", ".1f"),
            tip("points", "quality"),
            tip("memory_mb", "peak memory, MB", ".0f"),
            tip("decision", "verdict"),
        ],
    }
