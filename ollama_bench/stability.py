"""What may be wrong with a measurement, as data: a code, what was seen, and what to do about it."""

from collections.abc import Callable, Sequence
from statistics import median

from ollama_bench.metrics import client_gen_tok_s, trial_metrics
from ollama_bench.plan import RunPlan
from ollama_bench.trial import RequestError, ServerFigures, Trial
from ollama_bench.values import Frozen

CLOCK_TOLERANCE = 0.05
NONCE_TOKENS = 32
"""A template's first tokens may be cached before a fresh nonce; more than this means that the nonce did not help."""


class StabilityWarning(Frozen):
    """One doubt about the figures."""

    code: str
    message: str
    remedy: str


def warn(plan: RunPlan, trials: Sequence[Trial]) -> list[StabilityWarning]:
    """Every doubt that the trials themselves raise, each at most once."""
    found = (rule(plan, trials) for rule in RULES)
    return [warning for warning in found if warning is not None]


def cut_prompt(prompt: str, figures: ServerFigures, context_length: int) -> RequestError | None:
    """The error of a request whose prompt the server cut in silence, or None.

    A word is one token at the least, so fewer tokens than words were not the whole prompt; and a prompt that fills the
    context to the last token leaves nothing to generate in, unless it was cut to fit.
    """
    count = figures.prompt_eval_count
    words = len(prompt.split())
    if count is None or (words <= count < context_length):
        return None
    return RequestError(
        kind="truncated",
        message=f"the server processed {count} tokens of a prompt of {words} words "
        f"(context length {context_length}): it was cut; raise --num-ctx",
    )


def _failed(_plan: RunPlan, trials: Sequence[Trial]) -> StabilityWarning | None:
    failed = [trial for trial in trials if trial.error is not None]
    if not failed:
        return None
    first = failed[0].error
    return StabilityWarning(
        code="failed_requests",
        message=f"{len(failed)} of {len(trials)} requests failed, the first with: {first.message if first else ''}",
        remedy="failed requests are in no figure; look at the server's log",
    )


def _not_warm(plan: RunPlan, trials: Sequence[Trial]) -> StabilityWarning | None:
    unproved = [trial for trial in trials if trial.ok and trial.phase != "cold" and not trial.loaded_before]
    if not unproved:
        return None
    return StabilityWarning(
        code="not_proved_warm",
        message=f"/api/ps did not list {plan.model} before {len(unproved)} requests that should find it loaded",
        remedy="a load may be in their figures: see whether another client or a short keep-alive unloads the model",
    )


def _others(_plan: RunPlan, trials: Sequence[Trial]) -> StabilityWarning | None:
    others = sorted({name for trial in trials for name in trial.also_loaded})
    if not others:
        return None
    return StabilityWarning(
        code="other_models_loaded",
        message=f"the server also held {', '.join(others)}: their memory is in the peak RSS",
        remedy="unload them (`ollama stop NAME`) and run again",
    )


def _clocks(_plan: RunPlan, trials: Sequence[Trial]) -> StabilityWarning | None:
    pairs = [
        (server, client)
        for trial in trials
        if trial.ok and (server := trial_metrics(trial)["gen_tok_s"]) and (client := client_gen_tok_s(trial))
    ]
    if not pairs:
        return None
    ratio = median(client / server for server, client in pairs)
    if abs(ratio - 1) <= CLOCK_TOLERANCE:
        return None
    return StabilityWarning(
        code="clocks_disagree",
        message=f"generation by the client's clock is {ratio:.2f} × what the server reports (tolerance 5 %)",
        remedy="a proxy that buffers, a busy machine or an old server's clock; trust neither to better than this",
    )


def _cached(_plan: RunPlan, trials: Sequence[Trial]) -> StabilityWarning | None:
    cached = [
        count
        for trial in trials
        if trial.ok and trial.nonce and (count := trial.server.prompt_eval_cached_count or 0) > NONCE_TOKENS
    ]
    if not cached:
        return None
    return StabilityWarning(
        code="prefix_cached",
        message=f"{len(cached)} prompts met up to {max(cached)} cached tokens in spite of their fresh first line",
        remedy="the cached tokens are not in prompt_tok_s; their time to first token is shorter than a new prompt's",
    )


RULES: tuple[Callable[[RunPlan, Sequence[Trial]], StabilityWarning | None], ...] = (
    _failed,
    _not_warm,
    _others,
    _clocks,
    _cached,
)
