"""`slo:gate`: reads what is stored, makes further runs where one run looks slow, and has it all judged."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from orchestrator.artifacts import Artifacts
from orchestrator.errors import ArtifactError, BenchError
from orchestrator.gate import FULL_RUNS
from orchestrator.machine_speed import are_steady, fastest, is_slow
from orchestrator.results import Baseline, BenchRun, figures, typical_load, typical_yardstick_ns
from orchestrator.runner import RunSpec, repeat, run_once
from orchestrator.scenario import Found, ScenarioSource, find
from orchestrator.slo import SloFile, load_slos, slo_for
from orchestrator.verdict import FailOn, GateReport, Subject, hold

Sources = Callable[[], Mapping[str, ScenarioSource]]
"""Asked for only when a further run has to be made: loading sources takes time."""

Told = Callable[[str, int, int, str], None]
"""Called with what is going on, how much of it is over, how much there is in all, and the unit."""

PATIENCE_S = 60
"""For so long, over all scenarios of one gate, a slow machine is given time; runs in place of slow ones included."""
WAIT_S = 5
"""It is left to itself for so long before each of those."""


def hold_stored(
    names: Sequence[str],
    artifacts: Artifacts,
    slos: SloFile,
    fail_on: FailOn = "any",
    sources: Sources | None = None,
    told: Told = lambda _what, _done, _total, _unit: None,
) -> GateReport:
    """Judge the newest stored results. With `sources`, a candidate that looks slow gets more runs first.

    Raises ConfigurationError for a bad objective. Results that cannot be read fail, they do not end the others.
    """
    subjects = [read_subject(name, artifacts, slos) for name in names]
    if sources is not None and fail_on != "targets":
        patience = _Patience(told)
        subjects = [_settled(subject, artifacts, sources, patience) for subject in subjects]
    return hold(subjects, fail_on)


def hold_runs(
    runs: Sequence[BenchRun],
    artifacts: Artifacts | None = None,
    slo_file: Path | None = None,
    fail_on: FailOn = "any",
) -> GateReport:
    """Judge runs that were made elsewhere, each as it is, against the objectives and the baseline of its name; all
    together, so that Holm covers them.

    Raises ConfigurationError for a bad objectives file, ArtifactError for a baseline that cannot be read.
    """
    slos, stored = load_slos(slo_file), artifacts or Artifacts()
    subjects = [Subject(run.name, slo_for(run.name, slos), [run], stored.baseline(run.name)) for run in runs]
    return hold(subjects, fail_on)


def read_subject(name: str, artifacts: Artifacts, slos: SloFile) -> Subject:
    """What is stored of one scenario."""
    slo = slo_for(name, slos)
    try:
        return Subject(name, slo, artifacts.newest_runs(name), artifacts.baseline(name))
    except ArtifactError as error:
        return Subject(name, slo, [], None, problem=str(error))


class _Patience:
    """With a slow machine, from the first time that it is found slow; and the words for it."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self._ends_s: float | None = None

    def wait(self, name: str) -> bool:
        """Wait for a while; false, at once, when there is no patience left."""
        if self._ends_s is None:
            self._ends_s = time.monotonic() + PATIENCE_S
        for second in range(WAIT_S):
            if time.monotonic() >= self._ends_s:
                return False
            self.told(f"{name}: the machine is slower than at the baseline, waiting", second, WAIT_S, "seconds")
            time.sleep(1)
        return True


def _settled(subject: Subject, artifacts: Artifacts, sources: Sources, patience: _Patience) -> Subject:
    """The subject, with as many runs as a judgement takes if fewer do not pass already.

    Whatever one run says, FULL_RUNS are made before it fails: a neighbour's burst of work lasts for one run. Runs
    during which the machine itself was slow do not count, as long as there is patience.
    """
    first = subject.decide()
    if first is None or first.outcome == "pass" or subject.baseline is None:
        return subject
    newest = subject.runs[-1]
    spec = RunSpec(subject.baseline.iterations, subject.baseline.warmup, group=newest.group)
    try:
        found = find(newest.name, _only(sources(), newest.source), newest.options)
        while len(subject.steady_runs()) < FULL_RUNS and not subject.failures:
            if is_slow(subject.runs[-1], subject.baseline.yardstick_mean_ns) and not patience.wait(subject.name):
                break
            what = f"{subject.name} looks slow: run {len(subject.steady_runs()) + 1} of {FULL_RUNS}"
            run = run_once(found, spec, partial(_tell, patience.told, what))
            artifacts.save_run(run)
            subject = replace(subject, runs=[*subject.runs, run])
    except BenchError as error:
        return replace(subject, notes=[f"no further run could be made: {error}"])
    return subject


def _tell(told: Told, what: str, done: int, total: int) -> None:
    told(what, done, total, "iterations")


def _only(sources: Mapping[str, ScenarioSource], name: str) -> dict[str, ScenarioSource]:
    return {name: sources[name]} if name in sources else {}


def baseline_runs(
    found: Found, spec: RunSpec, runs: int, told: Callable[[int, int, int], None]
) -> tuple[list[BenchRun], int]:
    """The runs for a baseline, and how many others were made: `runs` runs, or all up to one that fails. As long as
    the machine was slow during some of the `runs` fastest, by the yardstick, further runs are made: at most as many
    again.
    """
    made: list[BenchRun] = []
    for run in repeat(found, spec, 2 * runs, told):
        made.append(run)
        if run.failure is not None:
            return made, 0
        kept = fastest(made, runs)
        if len(made) >= runs and are_steady(kept):
            break
    return sorted(kept, key=lambda run: run.started_at), len(made) - len(kept)


def pin(runs: Sequence[BenchRun], pinned_at: str) -> Baseline:
    """A baseline of these runs.

    Raises BenchError where one failed, or where they were not made under the same circumstances.
    """
    first = runs[0]
    failures = [run.failure for run in runs if run.failure is not None]
    if failures:
        raise BenchError(f"{first.name}: no baseline is pinned, a run failed: {failures[0]}")
    if any(run.context != first.context or run.environment != first.environment for run in runs):
        raise BenchError(f"{first.name}: no baseline is pinned: circumstances changed from one run to another")
    found = figures(runs)
    digests = {run.digest for run in runs}
    return Baseline(
        name=first.name,
        pinned_at=pinned_at,
        iterations=first.iterations,
        warmup=first.warmup,
        source=first.source,
        options=first.options,
        environment=first.environment,
        context=first.context,
        digest=digests.pop() if len(digests) == 1 else None,
        p50_ms=found["p50_ms"].value,
        p95_ms=found["p95_ms"].value,
        peak_rss_mb=found["peak_rss_mb"].value if "peak_rss_mb" in found else None,
        others_cpu_percent=typical_load(runs),
        yardstick_mean_ns=typical_yardstick_ns(runs),
        runs_ms=[run.samples_ms for run in runs],
    )
