"""Runs the phases of a plan against a server, one trial after another, and stamps them."""

import secrets
import time
from collections.abc import Iterator

from ollama_bench.cut import cut_prompt
from ollama_bench.errors import IncompleteRunError, ServerError
from ollama_bench.plan import RunPlan, Step, request_body, steps
from ollama_bench.scorecard import Model
from ollama_bench.server.client import Client
from ollama_bench.server.names import same_model
from ollama_bench.stopping import phase_ended
from ollama_bench.trial import TIMED_PHASES, LoadedModel, RequestError, Stream, Trial

UNLOAD_PATIENCE_S = 60.0
POLL_S = 0.02

FRESH_PHASES = frozenset({"real", "long"})
"""Their prompts are processed afresh each time; `warm` repeats its prompt on purpose."""


class NotColdError(Exception):
    """The model would not leave the server's memory."""


def measure(plan: RunPlan, client: Client, model: Model, zero_ns: int) -> Iterator[Trial]:
    """Yield every trial of `plan` as it ends, failed ones too, in the order of `plan.steps`.

    `zero_ns` is the monotonic moment from which `started_ns` counts. Raises IncompleteRunError when going on makes no
    sense: two failures in a row, or a phase without one good trial, in the timed phases.
    """
    phase: list[Trial] = []
    failures = 0
    for step in steps(plan):
        if phase and phase[-1].phase == step.phase and phase_ended(plan, phase):
            continue  # an adaptive phase that is precise enough
        trial = run_step(plan, step, client, model, zero_ns, fresh=step.phase in FRESH_PHASES)
        yield trial
        if step.phase not in TIMED_PHASES:
            continue
        phase = [*phase, trial] if phase and phase[-1].phase == step.phase else [trial]
        failures = 0 if trial.ok else failures + 1
        ended_bare = phase_ended(plan, phase) and not any(other.ok for other in phase)
        if trial.error is not None and (failures == 2 or ended_bare):
            raise IncompleteRunError(f"the {step.phase} phase of {plan.model} failed: {trial.error.message}")


def run_step(plan: RunPlan, step: Step, client: Client, model: Model, zero_ns: int, *, fresh: bool) -> Trial:
    """One request, cold or warm as its phase says; `fresh` puts a new line before the prompt. Raises nothing."""
    nonce = f"[{secrets.token_hex(4)}]" if fresh else None
    body = request_body(plan, step, nonce, can_think=model.thinking)
    loaded: LoadedModel | None = None
    others: tuple[str, ...] = ()
    written_ns = time.monotonic_ns()
    try:
        if step.phase == "cold":
            others = _prove_cold(plan, client, model)
        else:
            loaded, others = _ensure_warm(plan, client, model)
        written_ns, stream = client.generate(body)
    except NotColdError as error:
        stream = Stream(error=RequestError(kind="not_cold", message=str(error)))
    except ServerError as error:
        stream = Stream(error=RequestError(kind=error.kind, message=str(error), status=error.status))
    if stream.error is None:
        context_length = (loaded and loaded.context_length) or plan.num_ctx
        stream = stream.model_copy(update={"error": cut_prompt(body["prompt"], stream.server, context_length)})
    return Trial(
        **dict(stream),
        phase=step.phase,
        index=step.index,
        prompt_id=step.prompt.id,
        nonce=nonce,
        temperature=step.temperature,
        seed=step.seed,
        num_predict=step.prompt.num_predict,
        started_ns=written_ns - zero_ns,
        loaded_before=loaded,
        also_loaded=others,
    )


def _prove_cold(plan: RunPlan, client: Client, model: Model) -> tuple[str, ...]:
    """Unload, and wait until /api/ps shows it: unloading is asynchronous, and its answer proves nothing.

    Returns the names of the models that stay. Raises NotColdError.
    """
    deadline = time.monotonic() + UNLOAD_PATIENCE_S
    client.unload(plan.model)
    while True:
        loaded, others = _find(plan, client, model)
        if loaded is None:
            return others
        if time.monotonic() > deadline:
            raise NotColdError(
                f"{plan.model} is still in memory {UNLOAD_PATIENCE_S:g} s after it was told to unload: "
                "is another client using it?"
            )
        time.sleep(POLL_S)


def _ensure_warm(plan: RunPlan, client: Client, model: Model) -> tuple[LoadedModel | None, tuple[str, ...]]:
    """The model as /api/ps lists it, and the other names there. It is loaded now, outside any figure, if it was gone
    (its keep-alive ran out, or another one took its place) or if another client had it loaded with another num_ctx.
    """
    loaded, others = _find(plan, client, model)
    if loaded is None or loaded.context_length not in (None, plan.num_ctx, model.context_length):
        client.load(plan.model, plan.load_options, plan.keep_alive)
        loaded, others = _find(plan, client, model)
    return loaded, others


def _find(plan: RunPlan, client: Client, model: Model) -> tuple[LoadedModel | None, tuple[str, ...]]:
    """The model in memory under its name, or another name of the same files; and the names of all others."""
    found: LoadedModel | None = None
    others = []
    for loaded in client.loaded():
        if same_model(loaded.name, plan.model) or (model.digest is not None and loaded.digest == model.digest):
            found = found or loaded
        else:
            others.append(loaded.name)
    return found, tuple(others)
