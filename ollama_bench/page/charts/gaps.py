"""How long each chunk of an answer was waited for, along the answer."""

from collections.abc import Sequence
from statistics import median

from ollama_bench.metrics import inter_token_gaps_s
from ollama_bench.page.charts import Spec, colour, field, tip
from ollama_bench.trial import Trial

MOST_POINTS = 3_000
"""Of a phase; of more, fewer answers are drawn, evenly spaced. The median is always of all."""

ROW_PX = 64


def gaps_ms(trial: Trial) -> list[float]:
    """Milliseconds from each chunk to the next, the first being the one after TTFT; at most MOST_POINTS."""
    return [_three_digits(1e3 * gap) for gap in inter_token_gaps_s(trial)[:MOST_POINTS]]


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def drawn(trials: Sequence[Trial]) -> Sequence[Trial]:
    """Those of the trials whose answers fit the drawing."""
    longest = max(len(trial.chunk_ns) for trial in trials)
    room = max(1, MOST_POINTS // max(1, longest))
    return trials if len(trials) <= room else [trials[i * len(trials) // room] for i in range(room)]


def along_the_answer(phases: Sequence[tuple[str, Sequence[Trial]]]) -> Spec:
    """One row a phase; a thin line an answer, and the median of all answers where there are several."""
    rows = [_row(phase, trials, last=phase == phases[-1][0]) for phase, trials in phases]
    return {"vconcat": rows, "spacing": 12}


def _row(phase: str, trials: Sequence[Trial], *, last: bool) -> Spec:
    shown = drawn(trials)
    x = field("chunk", title="chunk of the answer" if last else None, scale={"nice": False, "zero": False})
    y = field("gap_ms", title=None, scale={"nice": True}, axis={"tickCount": 3})
    lines = [{"trial": trial.index + 1, "gap_ms": gaps_ms(trial)} for trial in shown]
    layers = [
        {
            "data": {"values": lines},
            "transform": _numbered("trial"),
            "mark": {
                "type": "line",
                "color": colour(phase),
                "strokeWidth": 1,
                "opacity": max(0.12, min(0.9, 1.6 / len(shown))),
                "interpolate": "step-after",
            },
            "encoding": {"x": x, "y": y, "detail": field("trial", "nominal")},
        }
    ]
    if len(trials) > 1:
        layers.append(
            {
                "data": {"values": [{"trial": 0, "gap_ms": _medians(trials)}]},
                "transform": _numbered("trial"),
                "mark": {"type": "line", "color": "var(--ink)", "strokeWidth": 1.8, "interpolate": "step-after"},
                "encoding": {
                    "x": x,
                    "y": y,
                    "tooltip": [tip("chunk", "chunk"), tip("gap_ms", "median gap, ms", ".1f")],
                },
            }
        )
    return {
        "width": "fill",
        "height": ROW_PX,
        "title": {"text": f"{phase}, ms", "color": colour(phase)},
        "layer": layers,
    }


def _numbered(group: str) -> list[Spec]:
    """Lists of gaps become rows, numbered from 2: the first chunk is waited for by TTFT."""
    count = {"op": "row_number", "as": "place"}
    return [
        {"flatten": ["gap_ms"]},
        {"window": [count], "groupby": [group]},
        {"calculate": "datum.place + 1", "as": "chunk"},
    ]


def _medians(trials: Sequence[Trial]) -> list[float]:
    """The median gap at each place, over the answers that get there."""
    all_gaps = [gaps_ms(trial) for trial in trials]
    longest = max(map(len, all_gaps))
    return [_three_digits(median([gaps[i] for gaps in all_gaps if i < len(gaps)])) for i in range(longest)]
