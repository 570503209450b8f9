"""The error of ttft_s, latency_s and token rates over many answers; `ollama_bench/selftest/timing.py` says of what."""

import itertools
from collections.abc import Iterator, Sequence

from report import Check

from ollama_bench.selftest.figures import LIMITS, Figure
from ollama_bench.selftest.memory import try_sampling
from ollama_bench.selftest.timing import Errors, measure_errors, timing_figures
from ollama_bench.selftest.truth_server import Script, TruthServer
from orchestrator.stats import quantile

RATES_TOK_S = (20.0, 50.0, 100.0, 300.0)
TTFTS_S = (0.02, 0.1, 0.4)
ROUNDING_PERCENT = 1e-9
NAMES = {
    "request_written": "|error of request written|",
    "ttft_s": "|error of ttft_s|",
    "latency_s": "|error of latency_s|",
    "gen_tok_s": "gen_tok_s, off the sending rate",
    "client_gen_tok_s": "client_gen_tok_s, off the sending rate",
}


def check_timing(*, quick: bool) -> list[Check]:
    """Play every pair of rate and TTFT, the sampler being at work as in a run; judge all answers together."""
    with TruthServer() as server, try_sampling([server.pid]):
        errors = measure_errors(server, list(_scripts(quick)))
    declared = max(abs(e.gen_declared_percent) for e in errors)
    return [
        *(check for figure in timing_figures(errors, LIMITS) for check in _checks(figure, errors)),
        Check("gen_tok_s, off what the server declares, worst", declared, "%", ROUNDING_PERCENT),
    ]


def _scripts(quick: bool) -> Iterator[Script]:
    """Rates and TTFTs in turn, so that a disturbance does not fall on one of them alone."""
    for _ in range(1 if quick else 8):
        for ttft_s, rate_tok_s in itertools.product(TTFTS_S[: 1 if quick else None], RATES_TOK_S):
            yield Script(rate_tok_s, max(10, round(rate_tok_s * 0.4)), ttft_s, tail_s=0.02)


def _checks(figure: Figure, errors: Sequence[Errors]) -> list[Check]:
    assert figure.median is not None
    assert figure.p95 is not None
    name, unit, limit = NAMES[figure.name], figure.unit, figure.limit
    note = _medians_by_rate(errors) if figure.name == "ttft_s" else ""
    return [
        Check(f"{name}, median", figure.median, unit, limit.median, note),
        Check(f"{name}, p95", figure.p95, unit, limit.p95, f"worst {figure.worst:.2f} {unit}"),
    ]


def _medians_by_rate(errors: Sequence[Errors]) -> str:
    medians = [
        f"{rate:g}: {quantile([abs(e.ttft_ms) for e in errors if e.script.rate_tok_s == rate], 0.5):.2f}"
        for rate in RATES_TOK_S
    ]
    return f"n = {len(errors)}; by tok/s: {', '.join(medians)}"
