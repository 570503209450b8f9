"""Builders of trials and documents whose every figure is known beforehand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ollama_bench import resources
from ollama_bench.observed import Conditions, Observed, Resources
from ollama_bench.pack import Pack, load_pack
from ollama_bench.plan import Overrides, Profile, RunPlan, make_plan, steps
from ollama_bench.scorecard import Hardware, Model, RunResult, Server
from ollama_bench.stability import Evidence, StabilityWarning, assess
from ollama_bench.summarize import Environment, summarize
from ollama_bench.trial import LoadedModel, Phase, RequestError, ServerFigures, Trial
from ollama_bench.usage import Reading, summarize_usage
from ollama_bench.verdict import Policy

MODEL = "llama3.2:1b"
SECOND_NS = 1_000_000_000

GOOD_ANSWERS = {
    "apples": "You have 4 apples left: 3 + 2 = 5, and 5 - 1 = 4.",
    "release_note": "We fixed a bug in login rate limiting that could lock you out for no reason. "
    "Thank you for your patience, and happy logging in!",
    "json": '{"title": "Service migration", "risks": ["data loss", "longer downtime"], "owner": "Platform"}',
}
NOTE_WITH_AN_INVENTED_FIGURE = (
    "We fixed a bug in login rate limiting that locked you out after 3 attempts. "
    "Thank you for your patience, and happy logging in!"
)


@cache
def shipped_pack() -> Pack:
    """The project's own prompts."""
    return load_pack(resources.shipped("prompts"))


def example_plan(model: str = MODEL, **overrides: Any) -> RunPlan:
    """One cold, three warm, three real and one long trial, one answer a quality prompt."""
    profile = Profile(cold=1, warm=3, real=3, long=1, quality_seeds=overrides.pop("quality_seeds", 1))
    return make_plan(model, "quick", profile, shipped_pack(), Overrides(**overrides))


def example_trial(phase: Phase = "real", *, error: str | RequestError | None = None, **changes: Any) -> Trial:
    """104 tokens in 2.6 s after 100 prompt tokens in 0.2 s, by both clocks; `changes` replace fields."""
    if isinstance(error, str):
        error = RequestError(kind="connection", message=error)
    fields: dict[str, Any] = {
        "phase": phase,
        "index": 0,
        "prompt_id": phase,
        "temperature": 0.0,
        "seed": 1,
        "num_predict": 160,
        "started_ns": 0,
        "chunk_ns": tuple(220_000_000 + 25_000_000 * i for i in range(104)),
        "first_answer_ns": 220_000_000,
        "end_ns": 2_840_000_000,
        "text": "four words of text",
        "done_reason": "stop",
        "server": example_figures(),
        "nonce": "[0a1b2c3d]" if phase in ("real", "long") else None,
        "loaded_before": None if phase == "cold" else LoadedModel(name=MODEL, context_length=4096, size_vram_bytes=0),
        "error": error,
    }
    return Trial(**fields | changes)


def example_figures(**changes: Any) -> ServerFigures:
    """A server's own counts and times, as whole as they can be."""
    fields: dict[str, Any] = {
        "total_duration_ns": 2_800_000_000,
        "load_duration_ns": 2_000_000,
        "prompt_eval_count": 100,
        "prompt_eval_duration_ns": 200_000_000,
        "eval_count": 104,
        "eval_duration_ns": 2_600_000_000,
    }
    return ServerFigures(**fields | changes)


def example_trials(plan: RunPlan, answers: dict[str, str] | None = None) -> list[Trial]:
    """A trial for every step of `plan`, one every four seconds from second 1 on; each takes a little longer."""
    texts = GOOD_ANSWERS | (answers or {})
    trials = []
    for place, step in enumerate(steps(plan)):
        slower_ns = 10_000_000 * step.index
        first_ns = (1_500_000_000 if step.phase == "cold" else 220_000_000) + slower_ns
        chunk_ns = tuple(first_ns + 12_000_000 * i for i in range(100))
        trials.append(
            example_trial(
                step.phase,
                index=step.index,
                prompt_id=step.prompt.id,
                temperature=step.temperature,
                seed=step.seed,
                num_predict=step.prompt.num_predict,
                started_ns=(1 + 4 * place) * SECOND_NS,
                chunk_ns=chunk_ns,
                first_answer_ns=first_ns,
                end_ns=chunk_ns[-1] + 4_000_000,
                text=texts.get(step.prompt.id, "ready and waiting"),
                server=example_figures(
                    load_duration_ns=1_300_000_000 if step.phase == "cold" else 2_000_000,
                    prompt_eval_count=2000 if step.phase == "long" else 210,
                    eval_count=100,
                    eval_duration_ns=1_200_000_000 + slower_ns,
                    total_duration_ns=(2_700_000_000 if step.phase == "cold" else 1_402_000_000) + slower_ns,
                ),
            )
        )
    return trials


def example_result(trials: Sequence[Trial] | None = None, plan: RunPlan | None = None, **changes: Any) -> RunResult:
    """The document of a good run of a small model on a machine without a GPU; `changes` replace top-level fields."""
    plan = plan or example_plan()
    environment = Environment(
        id="0b9d8a52-4a1c-4c55-9d5c-0d4b0e6a1f11",
        started_at=datetime(2026, 11, 23, 17, 3, 12, tzinfo=UTC),
        server=Server(url="http://127.0.0.1:11434", kind="ollama", version="0.33.0", local=True),
        model=Model(name=plan.model, digest="sha256:1", quantization="Q8_0", parameter_count=1_235_814_432),
        hardware=Hardware(
            label="AMD EPYC, 2 cores, 23.5 GiB, no GPU",
            cpu="AMD EPYC",
            cores_physical=2,
            cores_logical=2,
            ram_bytes=25_232_932_864,
            gpus=(),
            os="Linux",
        ),
        fingerprint={"cpu": "AMD EPYC", "cores": 2},
    )
    result = summarize(
        plan,
        environment,
        example_trials(plan) if trials is None else trials,
        changes.pop("observed", Observed(resources=Resources(interval_s=0.1, reason="remote"))),
        shipped_pack(),
        changes.pop("policy", Policy()),
        finished_at=datetime(2026, 11, 23, 17, 4, 2, tzinfo=UTC),
        complete=changes.pop("complete", True),
    )
    return result.model_copy(update=changes)


def the_example_of_the_design() -> RunResult:
    """A run whose scorecard is the one that the design shows."""
    plan = example_plan()
    latency_ms = {"warm": [310, 290, 350], "real": [2840, 2700, 2990]}
    trials = []
    for trial in example_trials(plan, {"release_note": NOTE_WITH_AN_INVENTED_FIGURE}):
        changes: dict[str, Any] = {}
        if trial.phase in latency_ms:
            changes["end_ns"] = latency_ms[trial.phase][trial.index] * 1_000_000
        if trial.phase == "warm":
            figures = example_figures(eval_count=12, eval_duration_ns=96_000_000, total_duration_ns=300_000_000)
            chunk_ns = tuple(200_000_000 + i * 8_000_000 for i in range(12))
            changes |= {
                "chunk_ns": chunk_ns,
                "server": figures,
            }
        if trial.phase == "real":
            chunk_ns = tuple(200_000_000 + i * 2_500_000_000 // 103 for i in range(103))
            changes |= {"chunk_ns": chunk_ns, "server": example_figures(eval_count=103, eval_duration_ns=2_500_000_000)}
        trials.append(trial.model_copy(update=changes))
    readings = [Reading(i * SECOND_NS, 1_873_000_000 - 1000 * abs(i - 30), 1.87 * i, None) for i in range(61)]
    resources = summarize_usage(readings, [], trials, interval_s=1.0, sampler_cpu_s=0.05, reason=None)
    return example_result(trials, plan, observed=Observed(resources=resources))


def warnings_of(plan: RunPlan, trials: Sequence[Trial], **seen: Any) -> list[StabilityWarning]:
    """What the rules find in `trials`; `seen` replaces fields of the evidence, which is otherwise without a doubt."""
    return assess(evidence_of(plan, trials, **seen))[0]


def evidence_of(plan: RunPlan, trials: Sequence[Trial], **seen: Any) -> Evidence:
    """The evidence of `trials` on a quiet machine, with a verdict whose limits are far from every figure."""
    far = Policy(max_short_latency_s=1e6, min_gen_tok_s=1e-6)
    fields: dict[str, Any] = {
        "resources": Resources(interval_s=0.1),
        "conditions": Conditions(),
        "cost": None,
        "verdict": example_result(trials, plan, policy=far).verdict,
    }
    return Evidence(plan, trials, **fields | seen)
