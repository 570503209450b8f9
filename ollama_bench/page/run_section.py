"""One run, whole: what was decided, whether to believe it, and what it rests on."""

from ollama_bench.page.circumstances import circumstances
from ollama_bench.page.findings import incomplete, measurement, tiles, verdict
from ollama_bench.page.memory import memory
from ollama_bench.page.names import Named
from ollama_bench.page.quality import quality
from ollama_bench.page.speed import speed
from ollama_bench.render.lines import BASE_MODEL, hardware
from ollama_bench.scorecard import RunResult
from orchestrator.page import Part, tag

SECTIONS = (
    ("verdict", "The verdict, condition by condition", verdict),
    ("measurement", "Whether to believe the figures", measurement),
    ("speed", "Speed", speed),
    ("memory", "Memory and CPU", memory),
    ("quality", "Quality", quality),
    ("circumstances", "Circumstances", circumstances),
)
"""Anchor, heading, and what is below it."""


def run_section(run: Named) -> Part:
    """A run among others: a section with a heading of its own."""
    heading = tag("header", tag("h2", tag("bdi", run.name), id=f"{run.anchor}-name"), _back())
    return tag(
        "section",
        heading,
        tag("p", made_by(run.result), class_="quiet"),
        run_sections(run, level=3),
        id=run.anchor,
        class_="run",
        aria_labelledby=f"{run.anchor}-name",
    )


def run_sections(run: Named, level: int) -> Part:
    """All of a run below its heading; `level` is that of its sections' headings."""
    return [
        incomplete(run.result),
        tiles(run.result),
        [
            tag("section", tag(f"h{level}", heading), content(run.result, level), id=f"{run.anchor}-{anchor}")
            for anchor, heading, content in SECTIONS
        ],
    ]


def made_by(result: RunResult) -> str:
    """When, on what, and by what a run was made."""
    model, server = result.model, result.server
    base = "" if model.chat_template else BASE_MODEL
    return (
        f"{model.quantization or 'unknown quantisation'}{base} · {hardware(result)} · "
        f"{server.kind} {server.version} · {result.started_at:%d %B %Y, %H:%M} UTC"
    )


def _back() -> Part:
    return tag("a", "Back to the overview", href="#overview", class_="back")
