"""How fast a run goes: tokens a second now, and the time that is left. For the person who waits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ollama_bench.metrics import MIN_TOKENS_FOR_RATE, trial_metrics
from ollama_bench.plan import RunPlan, Step
from ollama_bench.trial import Phase, Trial

WINDOW = 32
"""Gaps that "now" takes in: a second or less at the rates of small models."""

CHARACTERS_PER_TOKEN = 4
"""Of English prose, roughly."""

MIN_PROMPT_TOKENS = 100
"""A shorter prompt says nothing of how fast longer ones are processed: its time is all overhead."""


def tok_s_now(chunk_ns: Sequence[int]) -> float | None:
    """Chunks a second over the last of `chunk_ns` (ns); None while there are too few. A chunk is a token, mostly."""
    last = chunk_ns[-WINDOW - 1 :]
    duration_ns = last[-1] - last[0] if last else 0
    return (len(last) - 1) / (duration_ns / 1e9) if len(last) >= MIN_TOKENS_FOR_RATE and duration_ns > 0 else None


@dataclass(frozen=True)
class TimeLeft:
    """Seconds from the start of the request under way; None where nothing is known to tell it by."""

    request_s: float
    """That request."""
    phase_s: float
    """Those that its phase has after it."""
    run_s: float | None
    """Those of all phases after it."""
    at_most: bool
    """Whether it is told by answers of full length: of a phase to come nobody knows how soon its answers end."""


def time_left(plan: RunPlan, pending: Sequence[Step], trials: Sequence[Trial]) -> TimeLeft | None:
    """What `pending` (the request under way is the first) will take, by the finished `trials` of the run.

    A phase with finished trials takes the median of theirs for each further one; another one the time that prompt and
    answer at full length take at the rates seen so far. A phase that goes on until it is precise takes nobody knows
    how long, and nothing is said while one is under way.
    """
    costs = _costs_s(plan, pending, trials)
    phase = pending[0].phase if pending else "quality"
    here = costs.get(phase)
    if here is None:
        return None
    later = [costs[step.phase] for step in pending[1:]]
    known = [cost for cost in later if cost is not None]
    return TimeLeft(
        request_s=here,
        phase_s=here * (sum(step.phase == phase for step in pending) - 1),
        run_s=sum(known) if len(known) == len(later) else None,
        at_most=not {step.phase for step in pending} <= {trial.phase for trial in trials},
    )


def _costs_s(plan: RunPlan, pending: Sequence[Step], trials: Sequence[Trial]) -> dict[Phase, float | None]:
    """What one request of each pending phase takes."""
    took_s = _took_s(trials)
    costs: dict[Phase, float | None] = {}
    for step in pending:
        if plan.until_precise is not None and step.phase in plan.least_trials:
            costs[step.phase] = None
        elif step.phase not in costs:
            costs[step.phase] = median(took_s[step.phase]) if step.phase in took_s else _at_most_s(step, trials)
    return costs


def _took_s(trials: Sequence[Trial]) -> dict[Phase, list[float]]:
    """By phase, from the end of each request to the end of the next: what lies between them takes time too."""
    ends_ns = [0, *(trial.started_ns + (trial.end_ns or max(trial.chunk_ns, default=0)) for trial in trials)]
    took: dict[Phase, list[float]] = {}
    for trial, (before_ns, end_ns) in zip(trials, pairwise(ends_ns), strict=True):
        took.setdefault(trial.phase, []).append(max(0, end_ns - before_ns) / 1e9)
    return took


def _at_most_s(step: Step, trials: Sequence[Trial]) -> float | None:
    good = [(trial, trial_metrics(trial)) for trial in trials if trial.ok]
    generation = [rate for _, figures in good if (rate := figures["gen_tok_s"])]
    long_prompts = [figures for trial, figures in good if (trial.server.prompt_eval_count or 0) >= MIN_PROMPT_TOKENS]
    prefill = [rate for figures in long_prompts if (rate := figures["prompt_tok_s"])]
    if not generation or not prefill:
        return None
    prompt_tokens = len(step.prompt.text) / CHARACTERS_PER_TOKEN
    return step.prompt.num_predict / median(generation) + prompt_tokens / median(prefill)
