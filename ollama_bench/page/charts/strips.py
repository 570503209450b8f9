"""Every sample as a dot, with the median and its interval: one row a phase, or one a run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ollama_bench.metrics import Summary, summarize
from ollama_bench.page.charts import Spec, field, tip

MOST_DOTS = 1000
"""Of a row. Of more, as many are drawn, evenly spaced by rank, the smallest and the largest among them."""

SLOTS = 90
"""Places side by side; samples that share one are stacked."""

LEAST_SHARE = 0.1
"""Of the median, that a scale of its own shows to either side: what hardly scatters looks so."""

HEADING_PX, ROW_PX, AXIS_PX, RUN_PX = 36, 34, 34, 20


BARE = {"labels": False, "ticks": False, "domain": False, "title": None}
"""An axis of which only the room is left."""


@dataclass(frozen=True)
class Strip:
    """The samples of one metric, in one phase of one run."""

    name: str
    colour: str
    values: Sequence[float]
    summary: Summary

    @property
    def dots(self) -> Sequence[float]:
        """What is drawn."""
        if len(self.values) <= MOST_DOTS:
            return self.values
        ordered = sorted(self.values)
        return [ordered[round(i * (len(ordered) - 1) / (MOST_DOTS - 1))] for i in range(MOST_DOTS)]

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the median, where there are enough samples for one."""
        low, high = self.summary.p50_ci95 or (None, None)
        return None if low is None or high is None else (low, high)


def strip(name: str, colour: str, values: Sequence[float]) -> Strip:
    """Of the samples, of which there is at least one."""
    return Strip(name, colour, values, summarize(values))


def by_phase(strips: Sequence[Strip], unit: str, digits: int) -> Spec:
    """One row a strip, each with a scale of its own: phases differ by more than their samples do."""
    rows = [_row(strip, unit, digits) | {"width": "fill", "height": ROW_PX} for strip in strips]
    return {"usermeta": {"left": 12}, "vconcat": rows, "spacing": 16}


def height_of(strips: Sequence[Strip]) -> int:
    """Of `by_phase`, in pixels."""
    return len(strips) * (HEADING_PX + ROW_PX + AXIS_PX)


def by_run(strips: Sequence[Strip], unit: str, digits: int) -> Spec:
    """All strips under each other on one scale, which begins at 0; the median is written beside them."""
    domain = [0.0, 1.12 * max(max(strip.values) for strip in strips)]
    rows = []
    for strip in strips:
        row = _row(strip, unit, digits, domain, axis=strip is strips[-1])
        row["layer"].append(_written(strip, row["layer"][-1]["encoding"]["x"], digits))
        rows.append(row | {"title": {"text": strip.name, "color": strip.colour}, "width": "fill", "height": RUN_PX})
    return {"usermeta": {"left": 12}, "vconcat": rows, "spacing": 6}


def _written(strip: Strip, x: Spec, digits: int) -> Spec:
    """The median as a number, to the right of the dots."""
    values = [{"value": max(strip.dots), "median": f"{strip.summary.p50:.{digits}f}"}]
    mark = {"type": "text", "align": "left", "dx": 8, "fontSize": 11, "fontWeight": 600}
    return {"data": {"values": values}, "mark": mark, "encoding": {"x": x, "text": {"field": "median"}}}


def _row(strip: Strip, unit: str, digits: int, domain: list[float] | None = None, *, axis: bool = True) -> Spec:
    form = f".{digits}f"
    scale = {"domain": domain or _domain(strip.dots, strip.summary.p50), "zero": False, "nice": False}
    x = field("value", scale=scale, title=None, axis={} if axis else BARE)
    dots = {"value": list(strip.dots), "height": swarm(strip.dots)}
    across = {"y": {"value": 0}, "y2": {"value": "height"}}
    layers: list[Spec] = []
    if strip.interval:
        low, high = strip.interval
        layers.append(
            {
                "data": {"values": [{"value": low, "high": high}]},
                "mark": {"type": "rect", "color": strip.colour, "opacity": 0.22},
                "encoding": {"x": x, "x2": {"field": "high"}, **across},
            }
        )
    layers += [
        {
            "data": {"values": [dots]},
            "transform": [{"flatten": ["value", "height"]}],
            "mark": {"type": "circle", "size": 34, "color": strip.colour, "opacity": 0.72},
            "encoding": {
                "x": x,
                "y": field("height", scale={"domain": [-1.15, 1.15]}, axis=None),
                "tooltip": [tip("value", unit, form)],
            },
        },
        {
            "data": {"values": [{"value": strip.summary.p50}]},
            "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 2},
            "encoding": {"x": x, **across, "tooltip": [tip("value", f"median, {unit}", form)]},
        },
    ]
    title = {"text": strip.name, "subtitle": told(strip, unit, digits), "color": strip.colour}
    return {"title": title, "layer": layers}


def told(strip: Strip, unit: str, digits: int) -> str:
    """Median, interval and n in words."""
    sure = ""
    if strip.interval:
        low, high = strip.interval
        sure = f" (95 % interval {low:.{digits}f} to {high:.{digits}f})"
    return f"median {strip.summary.p50 or 0:.{digits}f} {unit}{sure}, n = {strip.summary.n}"


def swarm(values: Sequence[float]) -> list[float]:
    """A height from -1 to 1 for each value: those that would cover each other go to either side of the line."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    width = (high - low) / SLOTS or 1.0
    taken: Counter[int] = Counter()
    steps = []
    for value in values:
        slot = int((value - low) / width)
        step = (taken[slot] + 1) // 2
        steps.append(step if taken[slot] % 2 else -step)
        taken[slot] += 1
    most = max([4, *map(abs, steps)])
    return [round(step / most, 3) for step in steps]


def _domain(values: Sequence[float], median: float | None = None) -> list[float]:
    """The range and a little more; with a median, at least LEAST_SHARE of it to either side."""
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 0.05 * abs(high) or 1.0
    around = LEAST_SHARE * abs(median or 0.0)
    middle = low if median is None else median
    return [min(low - margin, middle - around), max(high + margin, middle + around)]
