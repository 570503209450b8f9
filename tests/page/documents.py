"""Documents to draw: one as large as runs get, several models beside each other, one that says only hostile things."""

import random
from functools import cache

from ollama_bench.observed import Observed
from ollama_bench.plan import Overrides as PlanOverrides
from ollama_bench.plan import Profile, RunPlan, make_plan
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import Trial
from ollama_bench.usage import Reading, summarize_usage
from tests.examples import (
    NOTE_WITH_AN_INVENTED_FIGURE,
    SECOND_NS,
    example_figures,
    example_result,
    example_trials,
    shipped_pack,
)

THOROUGH = Profile(cold=5, warm=30, real=60, long=5, quality_seeds=5)
STANDARD = Profile(cold=3, warm=10, real=10, long=3, quality_seeds=3)

MODELS = {
    # name: billion parameters, tok/s, MB, answers that are no good
    "gemma3:270m": (0.27, 118.0, 502, ("apples", "json", "release_note")),
    "qwen2.5:0.5b": (0.49, 92.0, 780, ("apples", "json")),
    "smollm2:1.7b-instruct-q4_K_M": (1.7, 41.0, 1890, ("apples",)),
    "llama3.2:1b": (1.24, 52.0, 1430, ("json",)),
    "qwen2.5:1.5b": (1.54, 44.5, 1620, ()),
    "gemma2:2b": (2.6, 27.0, 2740, ()),
    "llama3.2:3b": (3.2, 21.5, 3310, ()),
    "phi3:3.8b": (3.8, 15.8, 3950, ()),
    "mistral:7b-instruct": (7.2, 8.4, 6120, ("release_note",)),
    "llama3.1:8b-instruct-q4_K_M": (8.0, 7.6, 6950, ()),
}
BAD_ANSWERS = {
    "apples": "You have 3 apples, buy 2, eat 1. You have 6 apples left, because 3 + 2 = 6.",
    "release_note": NOTE_WITH_AN_INVENTED_FIGURE,
    "json": 'Sure! {"title": "Migration", "risks": "none", "owner": "Me"}',
}


def drawn_run(
    name: str, billions: float, tok_s: float, memory_mb: int, bad: tuple[str, ...], profile: Profile = STANDARD
) -> RunResult:
    """A run with samples that scatter as real ones do, sampled ten times a second."""
    chance = random.Random(name)
    plan = make_plan(name, "standard", profile, shipped_pack(), PlanOverrides())
    trials = _scattered(plan, tok_s, chance, {key: BAD_ANSWERS[key] for key in bad})
    end_s = max(trial.started_ns + (trial.end_ns or 0) for trial in trials) / 1e9
    readings = [_reading(i, memory_mb, end_s, chance) for i in range(int(10 * end_s))]
    resources = summarize_usage(readings, [], trials, interval_s=0.1, sampler_cpu_s=0.2, reason=None)
    result = example_result(trials, plan, observed=Observed(resources=resources))
    model = result.model.model_copy(update={"parameter_count": int(billions * 1e9), "quantization": "Q4_K_M"})
    return result.model_copy(update={"model": model})


def _scattered(plan: RunPlan, tok_s: float, chance: random.Random, answers: dict[str, str]) -> list[Trial]:
    trials, at_ns = [], SECOND_NS
    for trial in example_trials(plan, answers):
        rate = tok_s * chance.gauss(1, 0.03) * (0.85 if trial.phase == "long" else 1.0)
        first_s = {"cold": 1.4, "warm": 0.05, "real": 0.4, "long": 4.0}.get(trial.phase, 0.2) * 40 / tok_s
        tokens = 32 if trial.phase in ("cold", "warm") else 160
        at_s, chunk_ns = first_s * chance.gauss(1, 0.05), []
        for _ in range(tokens):
            chunk_ns.append(int(at_s * 1e9))
            at_s += chance.gauss(1, 0.08) / rate * (4 if chance.random() < 0.01 else 1)
        figures = example_figures(
            eval_count=tokens,
            eval_duration_ns=(eval_ns := (chunk_ns[-1] - chunk_ns[0]) * tokens // (tokens - 1)),
            prompt_eval_duration_ns=(prompt_ns := int(0.9 * chunk_ns[0])),
            total_duration_ns=eval_ns + prompt_ns + 4_000_000,
        )
        changes = {"started_ns": at_ns, "chunk_ns": tuple(chunk_ns), "first_answer_ns": chunk_ns[0]}
        trials.append(trial.model_copy(update=changes | {"end_ns": int(at_s * 1e9), "server": figures}))
        at_ns += int(at_s * 1e9) + 20_000_000
    return trials


def _reading(index: int, memory_mb: int, end_s: float, chance: random.Random) -> Reading:
    share = min(1.0, index / 15)
    growth = 0.04 * memory_mb * index / (10 * end_s)
    rss = int((45 + (memory_mb * 0.96 - 45) * share + growth) * 1e6)
    return Reading(index * SECOND_NS // 10, rss, 0.187 * index + chance.random() * 0.01, None, 0.002 * index)


@cache
def several_models() -> tuple[RunResult, ...]:
    """Ten models of one machine, from fast and poor to slow and good."""
    return tuple(drawn_run(name, *figures) for name, figures in MODELS.items())


@cache
def thorough_run() -> RunResult:
    """The largest of the profiles."""
    return drawn_run("qwen2.5:1.5b", *MODELS["qwen2.5:1.5b"], profile=THOROUGH)
