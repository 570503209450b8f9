"""Turns trials and readings into numbers with units. Pure: every figure can be had again from a saved document."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, stdev

from ollama_bench.trial import ServerFigures, Trial
from ollama_bench.values import Frozen, Int64
from orchestrator.stats import Interval, quantile, quantile_interval

MIN_TOKENS_FOR_RATE = 8
"""Below this a rate is noise: servers report 1 µs, or a negative time, for a single token."""

WORDS_PER_TOKEN = 0.75

TRIAL_METRICS = (
    "latency_s",
    "text_latency_s",
    "ttft_s",
    "answer_ttft_s",
    "gen_tok_s",
    "client_gen_tok_s",
    "prompt_tok_s",
    "load_s",
    "queue_s",
    "word_tok_s",
)
"""One figure a trial. `itl_s` has one for every gap, so it is summarised beside them."""


class Summary(Frozen):
    """One metric over the good trials of one phase; all but `n` are None when nothing measured it."""

    n: Int64 = 0
    mean: float | None = None
    stdev: float | None = None
    """Sample standard deviation (n-1); None below two samples."""
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None
    p50_ci95: Interval | None = None
    """Distribution-free 95 % interval from order statistics; a bound is None where n is too small for one."""
    p95_ci95: Interval | None = None


def summarize(values: Sequence[float]) -> Summary:
    """Describe `values`; an empty sequence gives n 0 and None for the rest."""
    if not values:
        return Summary()
    return Summary(
        n=len(values),
        mean=fmean(values),
        stdev=stdev(values) if len(values) > 1 else None,
        min=min(values),
        p50=quantile(values, 0.50),
        p90=quantile(values, 0.90),
        p95=quantile(values, 0.95),
        max=max(values),
        p50_ci95=quantile_interval(values, 0.50),
        p95_ci95=quantile_interval(values, 0.95),
    )


def summarize_phase(trials: Iterable[Trial]) -> dict[str, Summary]:
    """Every metric over the good trials of one phase."""
    good = [trial for trial in trials if trial.ok]
    figures = [trial_metrics(trial) for trial in good]
    summary = {
        name: summarize([value for figure in figures if (value := figure[name]) is not None]) for name in TRIAL_METRICS
    }
    gaps = summarize([gap for trial in good for gap in inter_token_gaps_s(trial)])
    # The intervals assume independent values, and the gaps of one answer are not.
    summary["itl_s"] = gaps.model_copy(update={"p50_ci95": None, "p95_ci95": None})
    return summary


def trial_metrics(trial: Trial) -> dict[str, float | None]:
    """The figures of one good trial by name; None where the trial cannot give one."""
    chunk_ns, figures = trial.chunk_ns, trial.server
    latency_s = _seconds(trial.end_ns)
    return {
        "latency_s": latency_s,
        "text_latency_s": _seconds(chunk_ns[-1] if chunk_ns else None),
        "ttft_s": _seconds(chunk_ns[0] if chunk_ns else None),
        "answer_ttft_s": _seconds(trial.first_answer_ns),
        "gen_tok_s": _rate(figures.eval_count, figures.eval_duration_ns),
        "client_gen_tok_s": client_gen_tok_s(trial),
        "prompt_tok_s": prompt_tok_s(trial),
        "load_s": _seconds(figures.load_duration_ns) if trial.phase == "cold" else None,
        "queue_s": queue_s(figures),
        "word_tok_s": len(trial.text.split()) * WORDS_PER_TOKEN / latency_s if latency_s else None,
    }


def inter_token_gaps_s(trial: Trial) -> list[float]:
    """Gaps between the arrivals of text chunks, in seconds (ITL)."""
    return [(later - earlier) / 1e9 for earlier, later in pairwise(trial.chunk_ns)]


def client_gen_tok_s(trial: Trial) -> float | None:
    """Tokens a second by the client's own clock: n tokens span n-1 gaps from the first chunk to the last.

    n is the server's eval_count; where fewer chunks came, less the one token that servers count and do not send (the
    stop token; in old servers also the last one before the limit).
    """
    count, chunk_ns = trial.server.eval_count, trial.chunk_ns
    if count is None or not chunk_ns:
        return None
    sent = count if len(chunk_ns) >= count else count - 1
    return _rate(sent - 1, chunk_ns[-1] - chunk_ns[0])


def prompt_tok_s(trial: Trial) -> float | None:
    """Prompt tokens a second (prefill) over the tokens that were really processed.

    None for `warm`, which repeats its prompt: servers count its cached tokens and do not time them. Where the server
    says how many were cached they are taken off; elsewhere the nonce at the front keeps all but the template's first
    few tokens out of the cache.
    """
    figures = trial.server
    if trial.phase == "warm" or figures.prompt_eval_count is None:
        return None
    return _rate(figures.prompt_eval_count - (figures.prompt_eval_cached_count or 0), figures.prompt_eval_duration_ns)


def queue_s(figures: ServerFigures) -> float | None:
    """Time that the server's total has and none of its parts: waiting for other requests, and overhead."""
    times = (
        figures.total_duration_ns,
        figures.load_duration_ns,
        figures.prompt_eval_duration_ns,
        figures.eval_duration_ns,
    )
    known = [duration_ns for duration_ns in times if duration_ns is not None and duration_ns >= 0]
    if len(known) != len(times):
        return None
    total_ns, *parts_ns = known
    return max(0, total_ns - sum(parts_ns)) / 1e9


def _rate(tokens: int | None, duration_ns: int | None) -> float | None:
    if tokens is None or duration_ns is None or tokens < MIN_TOKENS_FOR_RATE or duration_ns <= 0:
        return None
    return tokens / (duration_ns / 1e9)


def _seconds(duration_ns: int | None) -> float | None:
    return None if duration_ns is None or duration_ns < 0 else duration_ns / 1e9
