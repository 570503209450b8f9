"""The error of the tool's own ttft_s, latency_s and token rates, against a server whose times are known.

What is compared. On one machine client and server share CLOCK_MONOTONIC, so a moment of one can be set against a
moment of the other. The tool counts from the moment at which it had written the request, which `Client.generate`
returns; the truth of ttft_s is the send stamp of the first token minus that moment, so its error is what lies between
`send` in the server and the client's stamp: the kernel, waking up, httpx. The truth of latency_s is the same with the
last line. A late stamp of *writing* would cancel out of both; it is therefore checked by itself, against the moment at
which the server had received the request. (The server may have it before the client's call has even returned, so that
difference has either sign.)

The truth of gen_tok_s is what the server declares: the tool must pass it on unchanged. That the declared rate is itself
true is checked against the rate at which the tokens were really sent, and so is the client's own estimate.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from report import Check
from truth_server import Script, TruthServer

from ollama_bench.metrics import trial_metrics
from ollama_bench.server.client import Client
from ollama_bench.trial import Stream, Trial
from orchestrator.stats import quantile

RATES_TOK_S = (20.0, 50.0, 100.0, 300.0)
TTFTS_S = (0.02, 0.1, 0.4)
MEDIAN_LIMIT_MS = 1.5
P95_LIMIT_MS = 5.0
RATE_MEDIAN_LIMIT_PERCENT = 1.0
RATE_P95_LIMIT_PERCENT = 2.5
"""Half of the difference between the two rates at which the tool warns."""
ROUNDING_PERCENT = 1e-9


@dataclass(frozen=True)
class Errors:
    """One answer: measured minus true."""

    script: Script
    written_ms: float
    ttft_ms: float
    latency_ms: float
    gen_declared_percent: float
    gen_sent_percent: float
    client_gen_percent: float


def check_timing(*, quick: bool) -> list[Check]:
    """Play every pair of rate and TTFT, and judge the errors of all answers together."""
    with TruthServer() as server, Client(server.url) as client:
        client.generate(Script(300, 8, 0.02).body())  # the first request of a process imports and connects
        server.stamps()
        errors = [_errors(client, server, script) for script in _scripts(quick)]
    declared = max(abs(e.gen_declared_percent) for e in errors)
    return [
        *_judge_ms("request written", [e.written_ms for e in errors]),
        *_judge_ms("ttft_s", [e.ttft_ms for e in errors], _medians_by_rate(errors)),
        *_judge_ms("latency_s", [e.latency_ms for e in errors]),
        Check("gen_tok_s, off what the server declares, worst", declared, "%", ROUNDING_PERCENT),
        *_judge_percent("gen_tok_s", [e.gen_sent_percent for e in errors]),
        *_judge_percent("client_gen_tok_s", [e.client_gen_percent for e in errors]),
    ]


def _scripts(quick: bool) -> Iterator[Script]:
    """Rates and TTFTs in turn, so that a disturbance does not fall on one of them alone."""
    for _ in range(1 if quick else 8):
        for ttft_s, rate_tok_s in itertools.product(TTFTS_S[: 1 if quick else None], RATES_TOK_S):
            yield Script(rate_tok_s, max(10, round(rate_tok_s * 0.4)), ttft_s, tail_s=0.02)


def _errors(client: Client, server: TruthServer, script: Script) -> Errors:
    written_ns, stream = client.generate(script.body())
    truth = server.stamps()
    if stream.error is not None or stream.connected_anew:
        raise RuntimeError(f"not a clean answer: {stream.error or 'on a new connection'}")
    measured = _metrics(stream, script)
    sent_tok_s = (script.tokens - 1) / (truth.sent_ns[-1] - truth.sent_ns[0]) * 1e9
    return Errors(
        script=script,
        written_ms=(written_ns - truth.received_ns) / 1e6,
        ttft_ms=measured["ttft_s"] * 1e3 - (truth.sent_ns[0] - written_ns) / 1e6,
        latency_ms=measured["latency_s"] * 1e3 - (truth.end_ns - written_ns) / 1e6,
        gen_declared_percent=100 * (measured["gen_tok_s"] / (script.tokens / truth.eval_duration_ns * 1e9) - 1),
        gen_sent_percent=100 * (measured["gen_tok_s"] / sent_tok_s - 1),
        client_gen_percent=100 * (measured["client_gen_tok_s"] / sent_tok_s - 1),
    )


def _metrics(stream: Stream, script: Script) -> dict[str, float]:
    trial = Trial(
        **dict(stream),
        phase="real",
        index=0,
        prompt_id="truth",
        temperature=0,
        seed=0,
        num_predict=script.tokens,
        started_ns=0,
    )
    return {name: value for name, value in trial_metrics(trial).items() if value is not None}


def _judge_ms(name: str, errors: list[float], note: str = "") -> list[Check]:
    sizes = [abs(error) for error in errors]
    return [
        Check(f"|error of {name}|, median", quantile(sizes, 0.5), "ms", MEDIAN_LIMIT_MS, note),
        Check(f"|error of {name}|, p95", quantile(sizes, 0.95), "ms", P95_LIMIT_MS, f"worst {max(sizes):.2f} ms"),
    ]


def _judge_percent(name: str, errors: list[float]) -> list[Check]:
    sizes = [abs(error) for error in errors]
    return [
        Check(f"{name}, off the sending rate, median", quantile(sizes, 0.5), "%", RATE_MEDIAN_LIMIT_PERCENT),
        Check(f"{name}, off the sending rate, p95", quantile(sizes, 0.95), "%", RATE_P95_LIMIT_PERCENT),
    ]


def _medians_by_rate(errors: list[Errors]) -> str:
    medians = [
        f"{rate:g}: {quantile([abs(e.ttft_ms) for e in errors if e.script.rate_tok_s == rate], 0.5):.2f}"
        for rate in RATES_TOK_S
    ]
    return f"n = {len(errors)}; by tok/s: {', '.join(medians)}"
