"""Whether the live view of a run disturbs what is measured: the same answers with it and without, in turn.

    python benchmarks/live_view.py [--quick] [--json] [--report-only]

The view is drawn on a real pseudo-terminal, which another process reads, while the self-test's server of known times
plays its answers and the sampler is at work, as in a run. How late each chunk is stamped is held against the tool's own
limits, with the view and without it; and what drawing takes, against 1 % of a core. Exits 1 when a target is missed.
POSIX; about a minute and a half; p95 wants a quiet machine.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from report import Check, finish, parse_options

from ollama_bench.live_view import LiveView
from ollama_bench.pace import TimeLeft
from ollama_bench.progress import Gauges
from ollama_bench.render.live import Now
from ollama_bench.sampler import Sampler
from ollama_bench.selftest.figures import LIMITS
from ollama_bench.selftest.timing import PATIENCE, WARM_UP
from ollama_bench.selftest.truth_server import Script, TruthServer
from ollama_bench.server.client import Client
from orchestrator.stats import quantile

SCRIPTS = [Script(rate_tok_s, round(rate_tok_s), ttft_s=0.05) for rate_tok_s in (50.0, 100.0, 300.0)]
"""Answers of a second: each is drawn over four times."""


@dataclass
class Half:
    """One side of the comparison."""

    late_ms: list[float] = field(default_factory=list)
    """Of every chunk, its stamp less the moment it was sent at."""
    cpu_s: float = 0.0
    """Of this process, all threads."""
    wall_s: float = 0.0


def main() -> int:
    """Play rounds with the view and without it, each first in every other round."""
    options = parse_options(__doc__)
    halves = {True: Half(), False: Half()}
    with (
        TruthServer() as server,
        Sampler([server.pid], time.monotonic_ns()) as sampler,
        Client(server.url, PATIENCE) as client,
    ):
        _play(client, server, WARM_UP, Half())
        for index in range(2 if options.quick else 14):
            for shown in (index % 2 == 0, index % 2 == 1):
                with _view(client, sampler) if shown else nullcontext():
                    _play_all(client, server, halves[shown])
    return finish(_checks(halves[True], halves[False]), options)


def _play_all(client: Client, server: TruthServer, half: Half) -> None:
    cpu_s, wall_s = time.process_time(), time.monotonic()
    for script in SCRIPTS:
        _play(client, server, script, half)
    half.cpu_s += time.process_time() - cpu_s
    half.wall_s += time.monotonic() - wall_s


def _play(client: Client, server: TruthServer, script: Script, half: Half) -> None:
    written_ns, stream = client.generate(script.body())
    sent_ns = server.stamps().sent_ns
    assert stream.error is None, stream.error
    half.late_ms += [(written_ns + came - sent) / 1e6 for came, sent in zip(stream.chunk_ns, sent_ns, strict=True)]


@contextmanager
def _view(client: Client, sampler: Sampler) -> Iterator[None]:
    """On a terminal of 100 columns, with as much to show as there ever is."""
    master, slave = os.openpty()
    os.set_inheritable(master, True)
    before = sys.stderr
    with (
        subprocess.Popen(["cat"], stdin=master, stdout=subprocess.DEVNULL) as reader,
        os.fdopen(slave, "w") as terminal,
    ):
        sys.stderr = terminal
        try:
            with LiveView() as view:
                view.can_read(Gauges(client.arrivals_ns, lambda: sampler.readings[-1].rss_bytes))
                left = TimeLeft(request_s=1.0, phase_s=10.0, run_s=100.0, at_most=False)
                view.show(Now("real 2 of 3", model="llama3.2:1b", done=0.5, tok_s=50.0, left=left, phase="real"))
                yield
        finally:
            sys.stderr = before
            reader.kill()
    os.close(master)


def _checks(shown: Half, hidden: Half) -> list[Check]:
    checks = []
    for name, q, limit in (
        ("median", 0.5, LIMITS.time_ms.median),
        ("p95", 0.95, LIMITS.time_ms.p95),
        ("p99", 0.99, None),
    ):
        with_view, without = quantile(shown.late_ms, q), quantile(hidden.late_ms, q)
        note = f"{with_view / without:.2f} times as late as without ({without:.3f} ms), n = {len(shown.late_ms)} each"
        checks.append(Check(f"a chunk's stamp is late, {name}", with_view, "ms", limit, note))
    busy = [100 * half.cpu_s / half.wall_s for half in (shown, hidden)]
    note = f"this process used {busy[0]:.2f} % of a core with it, {busy[1]:.2f} % without"
    return [*checks, Check("drawing, of one core", busy[0] - busy[1], "%", LIMITS.cost_percent.median, note)]


if __name__ == "__main__":
    sys.exit(main())
