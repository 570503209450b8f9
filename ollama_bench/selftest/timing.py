"""The error of the tool's own ttft_s, latency_s and token rates, against a server whose times are known.

What is compared. On one machine client and server share one monotonic clock, so a moment of one can be set against a
moment of the other. The tool counts from the moment at which it had written the request, which `Client.generate`
returns; the truth of ttft_s is the send stamp of the first token minus that moment, so its error is what lies between
`send` in the server and the client's stamp: the kernel, waking up, httpx. The truth of latency_s is the same with the
last line. A late stamp of *writing* would cancel out of both; it is therefore checked by itself, against the moment at
which the server had received the request. (The server may have it before the client's call has even returned, so that
difference has either sign.)

The truth of gen_tok_s is what the server declares: the tool must pass it on unchanged. That the declared rate is itself
true is checked against the rate at which the tokens were really sent, and so is the client's own estimate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ollama_bench.errors import ServerError
from ollama_bench.metrics import trial_metrics
from ollama_bench.selftest.figures import Figure, Limits
from ollama_bench.selftest.truth_server import Script, TruthServer
from ollama_bench.server.client import Client
from ollama_bench.server.stream import Timeouts
from ollama_bench.trial import Stream, Trial

WARM_UP = Script(rate_tok_s=300, tokens=9, ttft_s=0.02)
PATIENCE = Timeouts(first_byte_s=10, gap_s=10)


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


def measure_errors(
    server: TruthServer, scripts: Sequence[Script], tell: Callable[[int], None] = lambda _done: None
) -> list[Errors]:
    """Have every script played once, and `tell` how many are done.

    Raises ServerError when an answer does not come whole.
    """
    errors = []
    with Client(server.url, PATIENCE) as client:
        _play(client, server, WARM_UP)  # the first request of a process imports and connects
        for script in scripts:
            errors.append(_play(client, server, script))
            tell(len(errors))
    return errors


def timing_figures(errors: Sequence[Errors], limits: Limits) -> list[Figure]:
    """The errors of all answers together."""
    time_ms, rate = limits.time_ms, limits.rate_percent
    return [
        Figure("request_written", "request written", "time", "ms", time_ms).of([e.written_ms for e in errors]),
        Figure("ttft_s", "TTFT", "time", "ms", time_ms).of([e.ttft_ms for e in errors]),
        Figure("latency_s", "latency", "time", "ms", time_ms).of([e.latency_ms for e in errors]),
        Figure("gen_tok_s", "tok/s, as the server declares", "rate", "%", rate).of(
            [e.gen_sent_percent for e in errors]
        ),
        Figure("client_gen_tok_s", "tok/s, by the client's clock", "rate", "%", rate).of(
            [e.client_gen_percent for e in errors]
        ),
    ]


def _play(client: Client, server: TruthServer, script: Script) -> Errors:
    try:
        written_ns, stream = client.generate(script.body())
    except ServerError as error:  # its words are about an Ollama server
        raise ServerError("the self-test's own server is gone: run it again") from error
    if stream.error is not None:
        raise ServerError(f"the self-test's own server failed ({stream.error.message}): run it again")
    truth = server.stamps()
    measured = _metrics(stream, script)
    gen_tok_s = measured.get("gen_tok_s", 0.0)  # a rate that cannot be had is wrong by all of it
    client_tok_s = measured.get("client_gen_tok_s", 0.0)
    sent_tok_s = (script.tokens - 1) / (truth.sent_ns[-1] - truth.sent_ns[0]) * 1e9
    return Errors(
        script=script,
        written_ms=(written_ns - truth.received_ns) / 1e6,
        ttft_ms=measured["ttft_s"] * 1e3 - (truth.sent_ns[0] - written_ns) / 1e6,
        latency_ms=measured["latency_s"] * 1e3 - (truth.end_ns - written_ns) / 1e6,
        gen_declared_percent=100 * (gen_tok_s / (script.tokens / truth.eval_duration_ns * 1e9) - 1),
        gen_sent_percent=100 * (gen_tok_s / sent_tok_s - 1),
        client_gen_percent=100 * (client_tok_s / sent_tok_s - 1),
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
