"""Several models beside each other, one row each."""

from collections.abc import Sequence

from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.render.lines import figure, megabytes, metric, quality_total, validity_word
from ollama_bench.scorecard import RunResult
from orchestrator.clean import one_line

HEADER = ("model", "warm s", "real s", "tok/s", "peak MB", "quality", "measured", "verdict")


def render_table(results: Sequence[RunResult]) -> str:
    """Plain text, columns padded; quality is follow, coherent and no-hallucination in this order."""
    rows = [HEADER, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


def _row(result: RunResult) -> tuple[str, ...]:
    return (
        one_line(result.model.name, 40),
        figure(metric(result, "warm", "latency_s").p50, 2),
        figure(metric(result, "real", "latency_s").p50, 2),
        figure(metric(result, "real", "gen_tok_s").p50, 1),
        megabytes(result.resources.peak_rss_bytes),
        " ".join(quality_total(result, name) for name in DIMENSIONS),
        validity_word(result),
        result.verdict.decision,
    )
