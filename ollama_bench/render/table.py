"""Several models beside each other, one row each."""

import textwrap
from collections.abc import Sequence

from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.render.lines import figure, megabytes, metric, quality_total, validity_word
from ollama_bench.scorecard import RunResult
from orchestrator.clean import one_line
from orchestrator.columns import columns, fit

HEADER = ("model", "warm s", "real s", "tok/s", "peak MB", "quality", "measured", "verdict")
DROPPED = ("measured", "peak MB", "real s", "quality", "warm s")
"""What leaves where there is no room, in this order; models, their speed and the verdict stay."""


def render_table(results: Sequence[RunResult], room: int | None = None) -> str:
    """Plain text, columns padded; quality is follow, coherent and no-hallucination in this order.

    In `room` cells, names are shortened in the middle, to 12 cells at the least; then columns leave in the order of
    `DROPPED`, which is said below. Without `room` all is there.
    """
    rows: list[Sequence[str]] = [HEADER, *map(_row, results)]
    if room is None:
        return columns(rows) + "\n"
    shown = fit(rows, room, drop=[HEADER.index(name) for name in DROPPED])
    dropped = [name for name in HEADER[1:] if name not in shown[0]]
    note = textwrap.wrap(f"(no room for {', '.join(dropped)})", max(room, 12)) if dropped else []
    return "\n".join([columns(shown), *note]) + "\n"


def _row(result: RunResult) -> tuple[str, ...]:
    return (
        one_line(result.model.name),
        figure(metric(result, "warm", "latency_s").p50, 2),
        figure(metric(result, "real", "latency_s").p50, 2),
        figure(metric(result, "real", "gen_tok_s").p50, 1),
        megabytes(result.resources.peak_rss_bytes),
        " ".join(quality_total(result, name) for name in DIMENSIONS),
        validity_word(result),
        result.verdict.decision,
    )
