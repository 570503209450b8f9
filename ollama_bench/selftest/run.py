"""The self-test on one screen: timed answers under the sampler, then a process of known memory -> Report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ollama_bench.selftest.figures import LIMITS, Limits
from ollama_bench.selftest.memory import cost_figure, measure_memory, memory_figures, try_sampling
from ollama_bench.selftest.report import Report
from ollama_bench.selftest.timing import measure_errors, timing_figures
from ollama_bench.selftest.truth_server import Script, TruthServer

RATES_TOK_S = (30.0, 50.0, 100.0, 300.0)


def play_list(repeats: int, span_s: float, ttfts_s: Sequence[float]) -> Iterator[Script]:
    """Answers of about `span_s` at every rate, with TTFTs in turn, so that a disturbance does not fall on one of them
    alone.
    """
    for index in range(repeats):
        ttft_s = ttfts_s[index % len(ttfts_s)]
        for rate_tok_s in RATES_TOK_S:
            yield Script(rate_tok_s, max(9, round(rate_tok_s * span_s)), ttft_s, tail_s=0.01)


@dataclass(frozen=True)
class SelfTest:
    """What is done, and what it is held to."""

    scripts: tuple[Script, ...]
    size_bytes: int
    limits: Limits = LIMITS


STANDARD = SelfTest(scripts=tuple(play_list(15, span_s=0.18, ttfts_s=(0.02, 0.04))), size_bytes=200_000_000)
"""60 answers, for a p95 that means something, in less than 20 s where nothing else runs."""


def run_selftest(test: SelfTest = STANDARD, tell: Callable[[int], None] = lambda _done: None) -> Report:
    """Measure this machine's errors; `tell` is called with the number of answers that are done.

    The sampler is at work during the answers, as it is in a run. Raises ServerError when the server of known times
    cannot be started or breaks off.
    """
    with TruthServer() as server, try_sampling([server.pid]) as sampler:
        errors = measure_errors(server, test.scripts, tell)
    memory = measure_memory(test.size_bytes)
    return Report(
        [
            *timing_figures(errors, test.limits),
            *memory_figures(memory, test.limits),
            cost_figure(sampler, test.limits),
        ]
    )
