"""A model's warm trials as the orchestrator knows runs: measured one by one, or taken from a finished document."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ollama_bench.errors import ServerError
from ollama_bench.measure import run_step
from ollama_bench.metrics import trial_metrics
from ollama_bench.plan import Overrides, RunPlan, load_profile, make_plan, steps
from ollama_bench.progress import Progress
from ollama_bench.run import load_prompts, obtain, open_endpoint
from ollama_bench.sampler import Sampler
from ollama_bench.scorecard import Model, RunResult, Server
from ollama_bench.server.client import Client
from ollama_bench.server.locate import locate
from ollama_bench.trial import Trial
from orchestrator.errors import BenchError
from orchestrator.results import BenchRun
from orchestrator.scenario import Json, Sample, Session

SOURCE = "models"
"""The name of the entry point that `ollama_bench.scenario` is registered under."""


@contextmanager
def open_session(name: str, host: str | None, *, embedded: bool, fresh: bool) -> Iterator[Session]:
    """The model `name`, loaded, with its server's processes watched. Raises BenchError."""
    plan = make_plan(name, "quick", load_profile("quick"), load_prompts(None), Overrides())
    with open_endpoint(host, embedded=embedded) as endpoint, Client(endpoint.url) as client:
        try:
            version = client.version()
        except ServerError as error:
            raise ServerError(f"{name} is no scenario that `bench:list` names, so it is a model: {error}") from error
        model = obtain(client, plan, Progress())
        client.load(plan.model, plan.load_options, plan.keep_alive)
        located = locate(endpoint.url, endpoint.pid)
        server = Server(url=endpoint.url, kind=endpoint.kind, version=version, local=located.local)
        with Sampler(located.root_pids, zero_ns=0) as sampler:
            yield ModelSession(plan, client, model, sampler, run_context(plan, server, model, fresh=fresh), fresh=fresh)


class ModelSession:
    """Trials of the warm phase, one an iteration."""

    def __init__(
        self,
        plan: RunPlan,
        client: Client,
        model: Model,
        sampler: Sampler,
        context: Mapping[str, Json],
        *,
        fresh: bool,
    ) -> None:
        self._plan, self._client, self._model = plan, client, model
        self._sampler, self._context, self._fresh = sampler, context, fresh
        self._step = next(step for step in steps(plan) if step.phase == "warm")

    def iterate(self) -> Sample:
        """One answer; its time is latency_s by the client's clock. Raises BenchError for a request that failed."""
        trial = run_step(self._plan, self._step, self._client, self._model, 0, fresh=self._fresh)
        if trial.error is not None or trial.end_ns is None:
            raise BenchError(f"{self._plan.model}: {trial.error.message if trial.error else 'no answer'}")
        return Sample(trial.end_ns, extra_metrics(trial), cache_hit=_cache_hit(trial))

    def peak_rss_bytes(self) -> int | None:
        """Of the server's processes, not of this one; None when they cannot be looked at (a remote server)."""
        seen_bytes = [reading.rss_bytes for reading in self._sampler.readings if reading.rss_bytes is not None]
        return max(seen_bytes, default=None)

    def works_itself(self) -> bool:
        """It waits for the server."""
        return False

    def context(self) -> Mapping[str, Json]:
        """See `run_context`."""
        return self._context


def run_context(plan: RunPlan, server: Server, model: Model, *, fresh: bool) -> dict[str, Json]:
    """What must be alike for two runs of a model to be comparable, beyond the machine that the tool ran on."""
    prompt = plan.prompts["warm"]
    return {
        "server": f"{server.kind} {server.version}",
        "server_host": "this machine" if server.local else server.url,
        "model_digest": model.digest,
        "prompt_sha256": hashlib.sha256(prompt.text.encode()).hexdigest()[:12],
        "prompt_cache": "avoided" if fresh else "met",
        "num_ctx": plan.num_ctx,
        "num_predict": prompt.num_predict,
        "seed": plan.seed,
        "temperature": plan.temperature,
        "think": plan.think,
    }


def run_of(result: RunResult) -> BenchRun:
    """The warm trials of a finished document as one run; one that ended early or had a failed answer is a failure."""
    trials = result.phases["warm"].trials if "warm" in result.phases else ()
    good = [trial for trial in trials if trial.ok and trial.end_ns is not None]
    figures = [extra_metrics(trial) for trial in good]
    failure = None
    if not result.complete:
        failure = "the run ended early"
    elif len(good) < len(trials):
        failure = f"{len(trials) - len(good)} of {len(trials)} warm requests failed"
    elif not good:
        failure = "it has no warm requests"
    return BenchRun(
        name=result.model.name,
        kind="model",
        source=SOURCE,
        options={"embedded": True} if result.server.kind == "embedded" else {"host": result.server.url},
        group=secrets.token_hex(4),
        started_at=result.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        iterations=len(good),
        warmup=result.plan.trials["cold"],
        samples_ns=[trial.end_ns for trial in good if trial.end_ns is not None],
        metrics={name: [figure[name] for figure in figures] for name in ("gen_tok_s", "ttft_ms")},
        peak_rss_bytes=result.resources.peak_rss_bytes,
        environment=dict(result.environment),
        context=run_context(result.plan, result.server, result.model, fresh=False),
        failure=failure,
    )


def extra_metrics(trial: Trial) -> dict[str, float | None]:
    """What objectives on models refer to, beside the latency."""
    figures = trial_metrics(trial)
    ttft_s = figures["ttft_s"]
    return {"gen_tok_s": figures["gen_tok_s"], "ttft_ms": None if ttft_s is None else ttft_s * 1e3}


def _cache_hit(trial: Trial) -> bool | None:
    """Whether most of the prompt came from the cache; None where the server does not say."""
    cached, count = trial.server.prompt_eval_cached_count, trial.server.prompt_eval_count
    return None if cached is None or not count else cached * 2 >= count
