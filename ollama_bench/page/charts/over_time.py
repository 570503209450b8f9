"""Memory and CPU along the run, under the requests of each phase."""

from collections.abc import Sequence

from ollama_bench.observed import TimelinePoint
from ollama_bench.page.charts import PHASE_COLOURS, Spec, colour, field, tip
from ollama_bench.trial import Trial
from ollama_bench.usage import window_s

MOST_POINTS = 700
"""As fine as a screen shows it: of a longer timeline, neighbours are drawn as one."""

PANEL_PX = 120

COLUMNS = {"memory_mb": "rss_bytes", "vram_mb": "vram_bytes", "cpu": "cpu_percent", "other": "other_cpu_percent"}
"""What is drawn, by the field of the timeline that it is made of."""

Panel = tuple[str, str, list[tuple[str, str, bool]]]
"""A heading, a unit, and its lines: column, name, whether it is the main one (an area)."""

PANELS: tuple[Panel, ...] = (
    ("Memory of the server's processes", "MB", [("memory_mb", "RSS", True)]),
    ("Memory on GPUs", "MB", [("vram_mb", "VRAM", True)]),
    ("CPU", "% of one core", [("cpu", "the server's processes", True), ("other", "all others", False)]),
)


def points_as_one(timeline: Sequence[TimelinePoint]) -> int:
    """How many neighbouring samples each drawn point stands for."""
    return -(-len(timeline) // MOST_POINTS)


def columns_of(timeline: Sequence[TimelinePoint]) -> dict[str, list[float | None]]:
    """The timeline by column, thinned: of neighbours the highest memory, and their mean CPU."""
    size = max(1, points_as_one(timeline))
    groups = [timeline[i : i + size] for i in range(0, len(timeline), size)]
    columns: dict[str, list[float | None]] = {"t_s": [round(group[-1].t_s, 2) for group in groups]}
    for name, source in COLUMNS.items():
        columns[name] = [_of_neighbours(group, source) for group in groups]
    return columns


def _of_neighbours(group: Sequence[TimelinePoint], source: str) -> float | None:
    values: list[float] = [value for point in group if (value := getattr(point, source)) is not None]
    if not values:
        return None
    if source.endswith("_bytes"):
        return round(max(values) / 1e6, 1)
    return round(
        max(0.0, sum(value / len(values) for value in values)), 1
    )  # less than none comes of clocks that tick apart


def panels_of(columns: dict[str, list[float | None]]) -> list[Panel]:
    """The panels that there are figures for, each with the lines that there are figures for."""
    measured = {name for name, values in columns.items() if any(value is not None for value in values)}
    panels = [(heading, unit, [line for line in lines if line[0] in measured]) for heading, unit, lines in PANELS]
    return [panel for panel in panels if panel[2]]


def over_time(timeline: Sequence[TimelinePoint], trials: Sequence[Trial], *, quality: bool) -> Spec:
    """The requests as blocks above, then a panel for each thing that was measured; phases are shaded through all.

    `trials` are those of the timed phases, in their order. The document keeps no times of quality requests: with
    `quality` all that follows is shaded as theirs.
    """
    columns = columns_of(timeline)
    requests = [_block(trial.phase, *window, trial.index + 1) for trial in trials if (window := window_s(trial))]
    ends = [*(request["end"] for request in requests), *(at for at in columns["t_s"] if at is not None)]
    if quality and requests:
        requests.append(_block("quality", requests[-1]["end"], max(ends), None))
    scale = {"domain": [0, max(ends, default=0.0)], "nice": False}
    panels = panels_of(columns)
    rows = [_requests(scale)]
    rows += [_panel(panel, scale, last=panel is panels[-1]) for panel in panels]
    drawn = ["t_s", *(name for _, _, lines in panels for name, _, _ in lines)]
    shown = {name: columns[name] for name in drawn}
    return {"datasets": {"requests": requests, "columns": [shown]}, "vconcat": rows, "spacing": 10}


def _block(phase: str, start_s: float, end_s: float, number: int | None) -> Spec:
    return {"phase": phase, "start": round(start_s, 3), "end": round(end_s, 3), "number": number}


def _blocks(scale: Spec, opacity: float) -> Spec:
    names = list(PHASE_COLOURS)
    palette = {"domain": names, "range": [colour(name) for name in names]}
    return {
        "data": {"name": "requests"},
        "mark": {"type": "rect", "opacity": opacity},
        "encoding": {
            "x": field("start", scale=scale, axis=None),
            "x2": {"field": "end"},
            "y": {"value": 0},
            "y2": {"value": "height"},
            "color": field("phase", "nominal", scale=palette, legend=None),
            "tooltip": [
                tip("phase", "phase"),
                tip("number", "request"),
                tip("start", "from, s", ".2f"),
                tip("end", "to, s", ".2f"),
            ],
        },
    }


def _requests(scale: Spec) -> Spec:
    return {"width": "fill", "height": 14, "title": {"text": "Requests"}, "layer": [_blocks(scale, 0.9)]}


def _panel(panel: Panel, scale: Spec, *, last: bool) -> Spec:
    heading, unit, lines = panel
    x = field("t_s", scale=scale, title="seconds from the start of the run", axis={} if last else None)
    layers = [_blocks(scale, 0.1)]
    for name, what, main in lines:
        mark: Spec = {"type": "line", "color": "var(--ink)", "strokeWidth": 1.5}
        if not main:
            mark |= {"strokeDash": [2, 2], "strokeWidth": 1.3, "color": "var(--quiet)"}
        layers.append(
            {
                "data": {"name": "columns"},
                "transform": [{"flatten": ["t_s", name]}],
                "mark": mark,
                "encoding": {
                    "x": x,
                    "y": field(name, title=None, scale={"zero": True}),
                    "tooltip": [tip("t_s", "at, s", ".1f"), tip(name, f"{what}, {unit}", ".0f")],
                },
            }
        )
    return {"width": "fill", "height": PANEL_PX, "title": {"text": f"{heading}, {unit}"}, "layer": layers}
