"""Builds the result document from what was planned, found and measured. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ollama_bench.metrics import summarize_phase
from ollama_bench.observed import Conditions, Observed
from ollama_bench.pack import Pack
from ollama_bench.plan import RunPlan
from ollama_bench.quality import Prompt, not_assessed, score
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore
from ollama_bench.scorecard import (
    Hardware,
    Model,
    PassRate,
    PhaseResult,
    Quality,
    QualityAnswer,
    QualityPrompt,
    RunResult,
    Scores,
    Server,
)
from ollama_bench.stability import BY_LIMITS, Evidence, Validity, assess
from ollama_bench.trial import TIMED_PHASES, Trial
from ollama_bench.verdict import Policy, Verdict, decide_verdict, prompt_passed
from orchestrator.stats import wilson_interval


@dataclass(frozen=True)
class Environment:
    """Where and on what a run is made; known before the first trial."""

    id: str
    started_at: datetime
    server: Server
    model: Model
    hardware: Hardware
    fingerprint: Mapping[str, str | int | float | bool | None]
    """The machine as the gate compares machines."""


def summarize(
    plan: RunPlan,
    environment: Environment,
    trials: Sequence[Trial],
    observed: Observed,
    pack: Pack,
    policy: Policy,
    *,
    finished_at: datetime,
    complete: bool,
) -> RunResult:
    """The whole document, verdict included; with `complete` false, of as much as there is."""
    phases = {
        phase: PhaseResult(trials=own, summary=summarize_phase(own))
        for phase in TIMED_PHASES
        if (own := tuple(trial for trial in trials if trial.phase == phase))
    }
    quality = score_quality(pack, [trial for trial in trials if trial.phase == "quality"])
    verdict = decide_verdict(
        {phase: result.summary for phase, result in phases.items()},
        first_scores(plan, quality),
        environment.model.parameter_count,
        policy,
    )
    resources, conditions, cost = observed.resources, observed.conditions, observed.cost
    warnings, validity = assess(Evidence(plan, trials, resources, conditions, cost, verdict, complete))
    return RunResult(
        id=environment.id,
        complete=complete,
        started_at=environment.started_at,
        finished_at=finished_at,
        server=environment.server,
        model=environment.model,
        hardware=environment.hardware,
        environment=dict(environment.fingerprint),
        plan=plan,
        phases=phases,
        resources=resources,
        quality=quality,
        verdict=verdict,
        conditions=conditions,
        cost=cost,
        energy=observed.energy,
        validity=validity,
        warnings=tuple(warnings),
    )


def decide(result: RunResult, policy: Policy) -> RunResult:
    """The same document, decided anew under `policy`."""
    verdict = decide_verdict(
        {phase: phase_result.summary for phase, phase_result in result.phases.items()},
        first_scores(result.plan, result.quality),
        result.model.parameter_count,
        policy,
    )
    return result.model_copy(update={"verdict": verdict} | _doubts_anew(result, verdict))


def _doubts_anew(result: RunResult, verdict: Verdict) -> dict[str, Any]:
    """The doubts that hang on the policy's limits, looked at again; the others stand as they were found."""
    if result.validity is None:
        return {}
    trials = [trial for phase in result.phases.values() for trial in phase.trials]
    conditions = result.conditions or Conditions()
    evidence = Evidence(result.plan, trials, result.resources, conditions, result.cost, verdict, result.complete)
    warnings, validity = assess(evidence, BY_LIMITS)
    fresh = {condition.code: condition for condition in validity.conditions}
    kept = tuple(fresh.get(condition.code, condition) for condition in result.validity.conditions)
    return {
        "warnings": tuple(w for w in result.warnings if w.code not in BY_LIMITS) + tuple(warnings),
        "validity": Validity(valid=all(c.passed is not False for c in kept), conditions=kept),
    }


def first_scores(plan: RunPlan, quality: Quality | None) -> list[AnswerScore]:
    """The scores that the verdict looks at: those of each prompt's first answer, and none for one not reached."""
    prompts = quality.prompts if quality else ()
    reached = [AnswerScore(**prompt.scores.model_dump()) for prompt in prompts]
    return reached + [not_assessed("not reached")] * (len(plan.quality_prompts) - len(reached))


def score_quality(pack: Pack, trials: Sequence[Trial]) -> Quality | None:
    """Score every answer; None when there is none yet."""
    prompts = []
    for prompt in pack.quality:
        answers = [_assess(prompt, trial) for trial in trials if trial.prompt_id == prompt.id]
        if answers:
            first, samples = answers[0], answers[1:]
            prompts.append(
                QualityPrompt(
                    **dict(first),
                    id=prompt.id,
                    prompt=prompt.prompt,
                    samples=tuple(samples),
                    pass_rate=_pass_rate(samples),
                )
            )
    if not prompts:
        return None
    totals = {name: sum(getattr(prompt.scores, name) or 0 for prompt in prompts) for name in DIMENSIONS}
    return Quality(prompts=tuple(prompts), totals=Scores(**totals))


def _assess(prompt: Prompt, trial: Trial) -> QualityAnswer:
    if trial.error is not None and trial.error.kind != "no_text":
        scored = not_assessed(f"the request failed: {trial.error.message}")
    elif trial.thinking and not trial.text and trial.done_reason == "length":
        scored = not_assessed(f"cut off while still thinking, at {trial.num_predict} tokens (see --num-predict)")
    else:
        scored = score(prompt, trial.text, done_reason=trial.done_reason)
    return QualityAnswer(
        seed=trial.seed,
        temperature=trial.temperature,
        answer=trial.text,
        done_reason=trial.done_reason,
        scores=Scores(**{name: getattr(scored, name) for name in DIMENSIONS}),
        evidence=scored.evidence,
        reason=scored.reason,
    )


def _pass_rate(samples: Sequence[QualityAnswer]) -> PassRate | None:
    outcomes = [prompt_passed(AnswerScore(**sample.scores.model_dump())) for sample in samples]
    passed, n = outcomes.count(True), len(outcomes) - outcomes.count(None)
    if n == 0:
        return None
    return PassRate(n=n, passed=passed, rate=passed / n, ci95=wilson_interval(passed, n))
