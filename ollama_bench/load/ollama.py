"""The load test of a model server: the model made ready, k6 on it, and what comes of it."""

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ollama_bench import resources
from ollama_bench.errors import ServerError
from ollama_bench.load.files import Kept
from ollama_bench.load.k6 import Told, follow, k6_running, thresholds_kept
from ollama_bench.load.steps import Step, steps_of
from ollama_bench.load.summary import Summary
from ollama_bench.load.watch import ProcessWatch
from ollama_bench.measure import run_step
from ollama_bench.plan import RunPlan, request_body, steps
from ollama_bench.run import Endpoint
from ollama_bench.scorecard import Model
from ollama_bench.server.client import Client
from ollama_bench.server.locate import locate
from ollama_bench.trial import Phase

SCRIPT = "load/k6_ollama.js"
STREAMS = (1, 2, 4, 8)
HOLD_S, QUICK_HOLD_S = 30, 4
LEAST_DRAIN_S = 3
UTILISATION = 0.5
"""Of a server that answers one at a time, by the constant rate of arrivals: next to nobody should have to wait."""


@dataclass(frozen=True)
class Shape:
    """The load, in the script's terms."""

    hold_s: int
    """Of each step."""
    drain_s: int
    rate_per_minute: int

    @property
    def seconds(self) -> int:
        """Until the last request is sent."""
        return self.hold_s + self.drain_s + len(STREAMS) * self.hold_s


@dataclass(frozen=True)
class OllamaLoad:
    """What came of a load test that k6 carried out."""

    passed: bool
    summary: Summary
    steps: Sequence[Step]
    dropped: int
    """Arrivals that were never sent, because too many were waiting."""
    last_words: str
    """Of k6's log."""


def phases(*, quick: bool) -> tuple[Phase, ...]:
    """The prompts that are sent in turn, by the phases that they belong to."""
    return ("warm",) if quick else ("warm", "real")


def requests_of(plan: RunPlan, model: Model, chosen: Sequence[Phase]) -> list[dict[str, object]]:
    """The bodies of the requests, as a run sends them; the script puts a fresh line before each prompt."""
    by_phase = {step.phase: step for step in steps(plan)}
    return [request_body(plan, by_phase[phase], None, can_think=model.thinking) for phase in chosen]


def answer_s(plan: RunPlan, client: Client, model: Model, chosen: Sequence[Phase]) -> float:
    """How long an answer takes, in seconds: the mean over one request of each kind, after the model is loaded.

    Raises ServerError for one that fails.
    """
    client.load(plan.model, plan.load_options, plan.keep_alive)
    by_phase = {step.phase: step for step in steps(plan)}
    taken_s = []
    for phase in chosen:
        trial = run_step(plan, by_phase[phase], client, model, 0, fresh=True)
        if trial.error is not None or trial.end_ns is None:
            raise ServerError(f"{plan.model}: {trial.error.message if trial.error else 'no answer'}")
        taken_s.append(trial.end_ns / 1e9)
    return fmean(taken_s)


def shape_of(mean_s: float, seconds: int | None, *, quick: bool) -> Shape:
    """The load for a server whose answers take `mean_s`. Steps of `seconds`, else long enough for an answer or two."""
    usual_s = max(QUICK_HOLD_S if quick else HOLD_S, math.ceil(2 * mean_s))
    rate = max(1, round(UTILISATION * 60 / mean_s))
    return Shape(seconds or usual_s, max(LEAST_DRAIN_S, math.ceil(2 * mean_s)), rate)


def load_server(
    endpoint: Endpoint, requests: Sequence[dict[str, object]], shape: Shape, kept: Kept, told: Told
) -> OllamaLoad:
    """Put the server under load.

    Raises BenchError: MissingExtraError, LoadError for a run that k6 did not carry out, OutputError. Raises Interrupted
    with what was measured saved.
    """
    with tempfile.TemporaryDirectory(prefix="ollama-bench-") as folder, ProcessWatch() as watch:
        bodies = Path(folder) / "requests.json"
        bodies.write_text(json.dumps(requests), encoding="utf-8")
        roots = locate(endpoint.url, endpoint.pid).root_pids
        if roots:  # none of a server on another machine
            watch.add("server", *roots)
        watch.load_begins()
        environment = {
            "OLLAMA_BASE_URL": endpoint.url,
            "REQUESTS": str(bodies),
            "STREAMS": ",".join(map(str, STREAMS)),
            "HOLD_S": str(shape.hold_s),
            "DRAIN_S": str(shape.drain_s),
            "RATE_PER_MINUTE": str(shape.rate_per_minute),
        }
        with k6_running(resources.shipped(SCRIPT), environment, *kept.arguments) as k6:
            watch.add("k6", k6.process.pid)
            with kept.saving(watch) as save:
                save(follow(k6, told))
            passed = thresholds_kept(k6)
            words = k6.last_words()
    summary = kept.summary()
    return OllamaLoad(passed, summary, steps_of(summary), summary.count("dropped_iterations"), words)


def parallel_told(endpoint: Endpoint) -> str:
    """How many requests the server answers at once, as far as that is known."""
    if endpoint.kind == "embedded":
        return f"OLLAMA_NUM_PARALLEL is {os.environ.get('OLLAMA_NUM_PARALLEL') or '1, its default'}"
    return "OLLAMA_NUM_PARALLEL is the server's own and its API does not tell it; its default is 1"
