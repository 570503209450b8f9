"""Doubts about the requests themselves."""

from statistics import median

from ollama_bench.metrics import client_gen_tok_s, queue_s, trial_metrics
from ollama_bench.plan import DEFAULT_GAP_TIMEOUT_S
from ollama_bench.stability.rule import Evidence, Found, Unknown, good
from ollama_bench.trial import TIMED_PHASES, Phase, Trial

CLOCK_TOLERANCE = 0.05
ARRIVAL_NOISE_S = 0.01
"""Two events, each 5 ms late: to an answer of a dozen tokens that is more than the tolerance."""
NONCE_TOKENS = 32
"""A template's first tokens may be cached before a fresh nonce; more than this means that the nonce did not help."""
QUEUE_TOLERANCE_S, QUEUE_TOLERANCE = 0.05, 0.05
"""Waiting counts when it is more than this, and more than this share of the latency."""


def incomplete(evidence: Evidence) -> Found | None:
    """The run ended early."""
    if not any(good(evidence)):
        return Found("nothing was measured", "see why the requests failed, or why there were none")
    if evidence.complete:
        return None
    return Found("the run ended before it was whole", "run it again; what is here was measured until then")


def failed(evidence: Evidence) -> Found | None:
    """Requests failed."""
    failed = [trial.error for trial in evidence.trials if trial.error is not None]
    if not failed:
        return None
    slow = any(error.kind == "timeout" for error in failed)
    given = evidence.plan.gap_timeout_s != DEFAULT_GAP_TIMEOUT_S
    timeout = f"a longer --timeout than {evidence.plan.gap_timeout_s:g} s" if given else "--timeout"
    return Found(
        f"{len(failed)} of {len(evidence.trials)} requests failed, the first with: {failed[0].message}",
        "failed requests are in no figure; look at the server's log" + (f", or try {timeout}" if slow else ""),
    )


def not_warm(evidence: Evidence) -> Found | Unknown | None:
    """A warm request may have met a load."""
    warm = [trial for trial in good(evidence) if trial.phase != "cold"]
    if not warm:
        return Unknown("there was none")
    unproved = [trial for trial in warm if not trial.loaded_before]
    if not unproved:
        return None
    return Found(
        f"/api/ps did not list {evidence.plan.model} before {len(unproved)} requests that should find it loaded",
        "a load may be in their figures: see whether another client or a short keep-alive unloads the model",
    )


def others_loaded(evidence: Evidence) -> Found | None:
    """Other models shared the server."""
    others = sorted({name for trial in evidence.trials for name in trial.also_loaded})
    if not others:
        return None
    return Found(
        f"the server also held {', '.join(others)}: their memory is in the peak RSS",
        "unload them (`ollama stop NAME`) and run again",
    )


def clocks(evidence: Evidence) -> Found | Unknown | None:
    """The client's rate is not the server's, in some phase: a good one would hide it, had they one median together."""
    ratios: dict[Phase, list[float]] = {}
    for trial in good(evidence):
        if trial.phase in TIMED_PHASES and (ratio := _clock_ratio(trial)) is not None:
            ratios.setdefault(trial.phase, []).append(ratio)
    if not ratios:
        return Unknown("no answer was long enough")
    off = {phase: ratio for phase, own in ratios.items() if abs((ratio := median(own)) - 1) > CLOCK_TOLERANCE}
    if not off:
        return None
    return Found(
        "generation by the client's clock is not what the server reports (tolerance 5 %): "
        + ", ".join(f"{ratio:.2f} × it in {phase}" for phase, ratio in off.items()),
        "a proxy that buffers, a busy machine or an old server's clock; trust neither to better than this",
    )


def _clock_ratio(trial: Trial) -> float | None:
    """Client rate by server rate; 1 where late arrivals of the first and the last chunk explain the difference."""
    server, client = trial_metrics(trial)["gen_tok_s"], client_gen_tok_s(trial)
    if not server or not client:
        return None
    client_s = (trial.chunk_ns[-1] - trial.chunk_ns[0]) / 1e9
    explained = abs(client_s - client_s * client / server) <= ARRIVAL_NOISE_S
    return 1.0 if explained else client / server


def cached(evidence: Evidence) -> Found | Unknown | None:
    """A fresh prompt met the cache."""
    counts = [trial.server.prompt_eval_cached_count for trial in good(evidence) if trial.nonce]
    told = [count for count in counts if count is not None]
    if not told:
        return Unknown("this server does not say what it took from its cache" if counts else "there was none")
    cached = [count for count in told if count > NONCE_TOKENS]
    if not cached:
        return None
    return Found(
        f"{len(cached)} prompts met up to {max(cached)} cached tokens in spite of their fresh first line",
        "the cached tokens are not in prompt_tok_s; their time to first token is shorter than a new prompt's",
    )


def queued(evidence: Evidence) -> Found | Unknown | None:
    """A request waited for others."""
    known = [
        (wait_s, trial.end_ns / 1e9)
        for trial in good(evidence)
        if trial.phase not in ("cold", "quality") and trial.end_ns and (wait_s := queue_s(trial.server)) is not None
    ]
    if not known:
        return Unknown("this server does not tell all of its times")
    waits = [wait_s for wait_s, latency_s in known if wait_s > max(QUEUE_TOLERANCE_S, QUEUE_TOLERANCE * latency_s)]
    if not waits:
        return None
    return Found(
        f"{len(waits)} requests waited up to {max(waits):.2f} s in the server before it worked on them",
        "another client uses the server: stop it, or raise OLLAMA_NUM_PARALLEL where the server is started",
    )


def cut_answers(evidence: Evidence) -> Found | None:
    """Answers ended at their limit of tokens."""
    cut: dict[Phase, list[Trial]] = {}
    for trial in good(evidence):
        if trial.done_reason == "length" and trial.phase != "long":  # a long prompt's answer is cut on purpose
            cut.setdefault(trial.phase, []).append(trial)
    if not cut:
        return None
    of = {phase: sum(trial.ok and trial.phase == phase for trial in evidence.trials) for phase in cut}
    seen = ", ".join(f"{len(trials)} of {of[phase]} {phase}" for phase, trials in cut.items())
    limit = max(trial.num_predict for trials in cut.values() for trial in trials)
    return Found(
        f"answers were cut at their limit of tokens: {seen}",
        f"their latency is that of so many tokens, not of a whole answer; --num-predict above {limit} lets them end",
    )
