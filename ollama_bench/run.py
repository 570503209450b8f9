"""The main job: one model on one server, from a plan to a result document."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ollama_bench import resources
from ollama_bench.environment import describe_hardware
from ollama_bench.errors import IncompleteRunError, ModelError, ServerError
from ollama_bench.gpu import open_gpus
from ollama_bench.instruments import Instruments
from ollama_bench.measure import measure
from ollama_bench.pack import Pack, load_pack
from ollama_bench.plan import Overrides, RunPlan, load_profile, make_plan
from ollama_bench.progress import Gauges, Progress
from ollama_bench.record import Record, Settings
from ollama_bench.scorecard import Model, RunResult, Server, open_store
from ollama_bench.server.address import server_url
from ollama_bench.server.client import Client
from ollama_bench.server.locate import locate
from ollama_bench.server.stream import Timeouts
from ollama_bench.summarize import Environment
from ollama_bench.verdict import Policy
from orchestrator.config import load_yaml
from orchestrator.environment import fingerprint
from orchestrator.errors import ConfigurationError


@dataclass(frozen=True)
class Endpoint:
    """The server of a run."""

    url: str
    kind: Literal["ollama", "embedded"]
    pid: int | None = None
    """Of a server that was started here."""


def run_benchmark(
    model: str,
    *,
    host: str | None = None,
    embedded: bool = False,
    profile: str = "quick",
    prompts: Path | None = None,
    policy: Path | None = None,
    out: Path | None = None,
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
) -> RunResult:
    """Benchmark `model` and return the whole result document, decided.

    `host` is a server's URL (by default that of OLLAMA_HOST); `embedded` starts an engine of its own instead. `prompts`
    and `policy` replace the project's pack and rule, `overrides` single options of the profile. With `out` the document
    is saved there after each phase. Raises BenchError: ConfigurationError before anything is measured, ServerError and
    ModelError for a server or a model that cannot be had, IncompleteRunError when the run ended early.
    """
    settings = Settings(load_prompts(prompts), load_policy(policy), out)
    plan = make_plan(model, profile, load_profile(profile), settings.pack, overrides)
    with open_endpoint(host, embedded=embedded) as endpoint:
        return benchmark(plan, endpoint, settings, progress or Progress())


def load_prompts(directory: Path | None) -> Pack:
    """The pack in `directory`, else in ./prompts, else the project's own. Raises ConfigurationError."""
    found = resources.find("prompts", directory)
    try:
        return load_pack(found)
    except ConfigurationError as error:
        if directory is None and found != resources.shipped("prompts"):
            why = f"{found} was taken because it is in the working directory: --prompts names another pack"
            raise ConfigurationError(f"{error}\n{why}") from error
        raise


def load_policy(file: Path | None) -> Policy:
    """The policy in `file`, else in ./config, else the project's own. Raises ConfigurationError."""
    return load_yaml(resources.find("config/verdict.yaml", file), Policy)


@contextmanager
def open_endpoint(host: str | None, *, embedded: bool) -> Iterator[Endpoint]:
    """The server that is meant; an embedded one lives as long as the block. Raises ConfigurationError, ServerError."""
    if not embedded:
        yield Endpoint(server_url(host, os.environ), "ollama")
        return
    from ollama_bench.embedded.process import EmbeddedServer  # its packages are an extra

    with EmbeddedServer() as server:
        yield Endpoint(server.url, "embedded", server.pid)


def benchmark(plan: RunPlan, endpoint: Endpoint, settings: Settings, progress: Progress) -> RunResult:
    """Carry out `plan`. What was measured is saved whatever happens; raises as `run_benchmark`."""
    started_at = datetime.now(UTC)
    timeouts = Timeouts(plan.first_byte_timeout_s, plan.gap_timeout_s, adjustable=True)
    with Client(endpoint.url, timeouts) as client, open_gpus() as gpus:
        version = client.version()
        # before a pull of gigabytes: a folder that cannot be written ends the run here
        with open_store(settings.out, plan.model, started_at) as store:
            model = obtain(client, plan, progress)
            located = locate(endpoint.url, endpoint.pid)
            environment = Environment(
                id=str(uuid.uuid4()),
                started_at=started_at,
                server=Server(url=endpoint.url, kind=endpoint.kind, version=version, local=located.local),
                model=model,
                hardware=describe_hardware(gpus.devices),
                fingerprint=fingerprint(),
            )
            zero_ns = time.monotonic_ns()
            instruments = Instruments(located, gpus, zero_ns)
            record = Record(plan, environment, settings, instruments, store, progress)
            try:
                with instruments:
                    progress.can_read(Gauges(client.arrivals_ns, instruments.rss_bytes))
                    progress.started(plan)
                    for trial in measure(plan, client, model, zero_ns):
                        record.add(trial)
            except BaseException as error:
                record.save(complete=False)
                if isinstance(error, IncompleteRunError):
                    error.path = store.path if store else None
                    _leave(client, plan)
                raise
            _leave(client, plan)
            return record.finish()


def _leave(client: Client, plan: RunPlan) -> None:
    """Unload the model, or its memory would count as that of the next one measured."""
    with contextlib.suppress(ServerError):
        client.unload(plan.model)


def obtain(client: Client, plan: RunPlan, progress: Progress) -> Model:
    """What the server knows of the model, pulled first when it is missing. Raises ModelError, ConfigurationError."""
    model = client.show(plan.model)
    if model is None:
        if not plan.pull:
            raise ModelError(f"{client.url} has no model {plan.model}: drop --no-pull to have it pulled")
        for step in client.pull(plan.model):
            progress.pulling(plan.model, step)
        model = client.show(plan.model)
    if model is None:
        raise ModelError(f"{client.url} pulled {plan.model} and still does not have it")
    if plan.think and not model.thinking:
        raise ConfigurationError(f"{plan.model} does not support thinking: leave out --think")
    return model
