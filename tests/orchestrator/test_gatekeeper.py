from pathlib import Path

import pytest

from orchestrator import gatekeeper
from orchestrator.artifacts import Artifacts
from orchestrator.errors import BenchError, ConfigurationError
from orchestrator.gatekeeper import baseline_runs, hold_runs, hold_stored, pin
from orchestrator.runner import RunSpec, run_once
from orchestrator.scenario import find
from orchestrator.slo import parse_slos
from orchestrator.verdict import GateReport
from tests.orchestrator import fake_source
from tests.orchestrator.test_artifacts import a_run
from tests.orchestrator.test_verdict import baseline, candidate


def test_a_run_made_elsewhere_is_held_against_what_is_stored(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    fine, slow = candidate(100, runs=1)[0], candidate(140, runs=1)[0]
    assert hold_runs([fine], artifacts).exit_code == 5  # no baseline yet
    artifacts.save_baseline(baseline())
    assert hold_runs([fine], artifacts).exit_code == 0
    assert hold_runs([slow], artifacts).exit_code == 4
    objectives = tmp_path / "slo.yaml"
    objectives.write_text("A: {p50_ms: 10}")
    assert hold_runs([fine], artifacts, objectives).exit_code == 4
    assert hold_runs([fine], artifacts, objectives, "regressions").exit_code == 0


def test_under_twenty_samples_is_inconclusive(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    artifacts.save_baseline(baseline())
    run = candidate(100, runs=1)[0]
    assert hold_runs([run.model_copy(update={"samples_ns": run.samples_ns[:19]})], artifacts).exit_code == 5


def test_no_further_run_can_be_made_of_what_is_gone(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    artifacts.save_baseline(baseline())
    artifacts.save_run(candidate(107, runs=1)[0])
    report = hold_stored(["A"], artifacts, parse_slos(""), sources=dict)
    assert report.exit_code == 5
    assert "no further run could be made: no scenario is called 'A'" in report.verdicts[0].reasons[-1]


def test_a_baseline_keeps_raw_runs_and_circumstances() -> None:
    runs = candidate(100, runs=3)
    pinned = pin(runs, "2026-11-23T18:00:00Z")
    assert pinned.runs_ms == [run.samples_ms for run in runs]
    assert (pinned.environment, pinned.context) == ({"cpu": "x"}, {"v": 1})
    assert pinned.peak_rss_mb == 40


def test_no_baseline_is_pinned_of_failed_or_mixed_runs() -> None:
    runs = candidate(100, runs=2)
    with pytest.raises(BenchError, match="a run failed: it broke"):
        pin([*runs, a_run(failure="it broke", samples_ns=[])], "now")
    with pytest.raises(BenchError, match="circumstances changed"):
        pin([runs[0], runs[1].model_copy(update={"context": {"v": 2}})], "now")


def test_runs_made_elsewhere_are_judged_together(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    artifacts.save_baseline(baseline())
    fine, slow = candidate(100, runs=1)[0], candidate(140, runs=1)[0]
    report = hold_runs([fine, slow], artifacts)
    assert report.tests == 4
    assert [verdict.regression for verdict in report.verdicts] == ["pass", "fail"]


def test_two_entries_for_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"slo\.yaml:2: a: another scenario has that name"):
        parse_slos("A: {p50_ms: 1}\na: {p50_ms: 2}")


def test_a_baseline_keeps_the_load_that_its_runs_were_made_under() -> None:
    runs = candidate(100, runs=3)
    loads = [5.0, 60.0, None]
    busy = [run.model_copy(update={"others_cpu_percent": load}) for run, load in zip(runs, loads, strict=True)]
    assert pin(busy, "now").others_cpu_percent == 32.5
    assert pin(runs, "now").others_cpu_percent is None


def stored(tmp_path: Path, yardstick: float) -> Artifacts:
    """A scenario that takes twice its baseline's time, of which the yardstick took `yardstick` times today's."""
    found = find("clock", {"fake": fake_source}, {"speed": 100})
    artifacts, spec = Artifacts(tmp_path), RunSpec(20, 0)
    pinned = pin([run_once(found, spec), run_once(found, spec)], "now")
    assert pinned.yardstick_mean_ns is not None
    artifacts.save_run(run_once(found, spec))
    changes = {"runs_ms": [[5.0] * 20] * 10, "yardstick_mean_ns": pinned.yardstick_mean_ns * yardstick}
    artifacts.save_baseline(pinned.model_copy(update=changes))
    return artifacts


def hold_clock(artifacts: Artifacts) -> tuple[GateReport, list[str]]:
    told: list[str] = []
    report = hold_stored(
        ["clock"],
        artifacts,
        parse_slos(""),
        sources=lambda: {"fake": fake_source},
        told=lambda what, _done, _total, _unit: told.append(what),
    )
    return report, told


def test_what_looks_slow_gets_further_runs_and_fails(tmp_path: Path) -> None:
    report, told = hold_clock(stored(tmp_path, yardstick=1000))
    assert (report.exit_code, report.verdicts[0].runs) == (4, 3)
    assert not any("waiting" in line for line in told)


def test_what_looks_slow_on_a_slow_machine_is_tried_later_and_never_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gatekeeper, "WAIT_S", 1)
    monkeypatch.setattr(gatekeeper, "PATIENCE_S", 3)
    report, told = hold_clock(stored(tmp_path, yardstick=0.01))
    assert report.exit_code == 5
    runs = report.verdicts[0].runs
    assert runs > 1
    assert f"not judged: {runs} of {runs} runs" in report.verdicts[0].reasons[0]
    assert "clock: the machine is slower than at the baseline, waiting" in told


def on_machines(monkeypatch: pytest.MonkeyPatch, *yardsticks: int) -> list[int]:
    """Of the runs that a baseline of three keeps, the yardsticks; the machine's speed is the test's to choose."""
    template = candidate(100, runs=1)[0]
    made = [
        template.model_copy(update={"yardstick_ns": [reading] * 20, "started_at": f"{place}"})
        for place, reading in enumerate(yardsticks)
    ]
    monkeypatch.setattr(gatekeeper, "repeat", lambda _found, _spec, runs, _told: made[:runs])
    found = find("clock", {"fake": fake_source}, {})
    kept, others = baseline_runs(found, RunSpec(), 3, lambda *_: None)
    assert len(kept) + others <= 6
    return [run.yardstick_ns[0] for run in kept]


def test_a_baselines_runs_on_a_slow_machine_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_machines(monkeypatch, 100, 101, 99, 500, 500, 500) == [100, 101, 99]
    assert on_machines(monkeypatch, 130, 100, 101, 99, 500, 500) == [100, 101, 99]
    assert on_machines(monkeypatch, 130, 100, 140, 101, 150, 99) == [100, 101, 99]
    assert on_machines(monkeypatch, 130, 100, 140, 160, 150, 170) == [130, 100, 140]  # there is an end
    assert on_machines(monkeypatch, 200, 200, 200, 100, 100, 100) == [200, 200, 200]  # the gate will tell
