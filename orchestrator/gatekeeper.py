"""`slo:gate`: reads what is stored, makes further runs where one run looks slow, and has it all judged."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.artifacts import Artifacts
from orchestrator.errors import ArtifactError, BenchError
from orchestrator.gate import FULL_RUNS
from orchestrator.machine_speed import is_slow, steady
from orchestrator.results import Baseline, BenchRun, figures, typical_load, typical_yardstick_ns
from orchestrator.runner import RunSpec, repeat, run_once
from orchestrator.scenario import Found, ScenarioSource, find
from orchestrator.slo import SloFile, load_slos, slo_for
from orchestrator.verdict import FailOn, GateReport, Subject, hold

Sources = Callable[[], Mapping[str, ScenarioSource]]
"""Asked for only when a further run has to be made: loading sources takes time."""

Told = Callable[[str, int, int, str], None]
"""Called with what is going on, how much of it is over, how much there is in all, and the unit."""

MORE_ON_A_SLOW_MACHINE = 8
"""Further runs at most in place of those during which the machine was slow."""
WAIT_S = 5
"""A machine that is slow is left to itself for so long before the next of them."""


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
        subjects = [_settled(subject, artifacts, sources, told) for subject in subjects]
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


def _settled(subject: Subject, artifacts: Artifacts, sources: Sources, told: Told) -> Subject:
    """The subject, with as many runs as a judgement takes if fewer do not pass already.

    Whatever one run says, FULL_RUNS are made before it fails: a neighbour's burst of work lasts for one run. Runs
    during which the machine itself was slow do not count; it is given time to recover.
    """
    first = subject.decide()
    if first is None or first.outcome == "pass" or subject.baseline is None:
        return subject
    newest = subject.runs[-1]
    spec = RunSpec(subject.baseline.iterations, subject.baseline.warmup, group=newest.group)
    try:
        found = find(newest.name, _only(sources(), newest.source), newest.options)
        for _ in range(FULL_RUNS + MORE_ON_A_SLOW_MACHINE):
            if len(subject.steady_runs()) >= FULL_RUNS or subject.failures:
                break
            if is_slow(subject.runs[-1], subject.baseline.yardstick_mean_ns):
                _wait(f"{subject.name}: the machine is slower than at the baseline, waiting", told)
            run = run_once(
                found,
                spec,
                lambda done, total: told(f"{found.scenario.name} looks slow: a further run", done, total, "iterations"),
            )
            artifacts.save_run(run)
            subject = replace(subject, runs=[*subject.runs, run])
    except BenchError as error:
        return replace(subject, notes=[f"no further run could be made: {error}"])
    return subject


def _wait(why: str, told: Told) -> None:
    for second in range(WAIT_S):
        told(why, second, WAIT_S, "seconds")
        time.sleep(1)


def _only(sources: Mapping[str, ScenarioSource], name: str) -> dict[str, ScenarioSource]:
    return {name: sources[name]} if name in sources else {}


def steady_runs(found: Found, spec: RunSpec, runs: int, told: Callable[[int, int, int], None]) -> list[BenchRun]:
    """`runs` runs for a baseline, or all up to one that fails. As long as the machine was slow during some of the
    `runs` fastest, by the yardstick, further runs are made: at most as many again.
    """
    made: list[BenchRun] = []
    for run in repeat(found, spec, 2 * runs, told):
        made.append(run)
        if run.failure is not None:
            return made
        fastest = sorted(made, key=lambda run: run.yardstick_mean_ns or 0.0)[:runs]
        if len(made) >= runs and len(steady(fastest, typical_yardstick_ns(fastest))) == runs:
            break
    return sorted(fastest, key=lambda run: run.started_at)


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
