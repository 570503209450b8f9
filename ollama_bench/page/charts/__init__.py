"""Vega-Lite specifications as plain data, one kind of chart a file. Pure: figures in, a dict out."""

from typing import Any

Spec = dict[str, Any]

PHASE_COLOURS = {"cold": 1, "warm": 2, "real": 3, "long": 4, "quality": 5}
"""The number of the page's series colour."""


def colour(phase: str) -> str:
    """As a drawing names it; the page's style says what it is, in light and in dark."""
    return f"var(--series-{PHASE_COLOURS[phase]})"


def field(name: str, kind: str = "quantitative", **more: Any) -> Spec:
    """An encoding by a field of the data."""
    return {"field": name, "type": kind, **more}


def tip(name: str, title: str, form: str | None = None) -> Spec:
    """A line of a tooltip; `form` is a format of d3."""
    return field(name, "quantitative" if form else "nominal", title=title) | ({"format": form} if form else {})
