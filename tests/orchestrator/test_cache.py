from pathlib import Path

import pytest

from orchestrator.artifacts import Artifacts
from orchestrator.bots.catalogue import BOTS
from orchestrator.cache import compare, render, run_cache_experiment
from orchestrator.kinds import CallableScenario
from orchestrator.runner import RunSpec
from orchestrator.scenario import Found
from tests.orchestrator.test_artifacts import a_run


def test_both_modes_are_measured_and_written(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    runs, savings = run_cache_experiment(Found(BOTS[1], "bots", {}), artifacts, RunSpec(10, 1), runs=2)
    assert [run.cache for run in runs] == ["off", "on", "off", "on"]
    assert savings is not None
    assert savings.speedup is not None
    assert (savings.off.n, savings.on.n, savings.on.hits) == (20, 20, 20)
    low, high = savings.speedup_ci95
    assert low is not None
    assert high is not None
    assert 1 < low <= savings.speedup <= high
    assert "20 of 20" in (artifacts.folder("RevOps-BOT") / "cache_savings.md").read_text()
    assert artifacts.newest_runs("RevOps-BOT") == []


def test_the_speed_up_by_hand() -> None:
    times = {"off": 10, "on": 4}
    runs = [a_run(cache=mode, samples_ns=[ms * 10**6] * 20, cache_hits=hits) for (mode, ms), hits in zip(
        times.items(), (None, 18), strict=True
    )]  # fmt: skip
    savings = compare(runs)
    assert (savings.speedup, savings.speedup_ci95, savings.on.hits, savings.off.hits) == (2.5, (2.5, 2.5), 18, None)


def test_few_samples_have_no_interval() -> None:
    runs = [a_run(cache=mode, samples_ns=[10**6] * 3) for mode in ("off", "on")]
    assert compare(runs).speedup_ci95 == (None, None)


def test_no_time_at_all_has_no_speed_up() -> None:
    runs = [a_run(cache=mode, samples_ns=[ns] * 3) for mode, ns in (("off", 10**6), ("on", 0))]
    savings = compare(runs)
    assert savings.speedup is None
    assert "**none**" in render(savings, runs[0])


def test_a_failed_run_gives_no_savings(tmp_path: Path) -> None:
    broken = Found(CallableScenario("b", "", "tests.orchestrator.work:raises"), "user", {})
    runs, savings = run_cache_experiment(broken, Artifacts(tmp_path), RunSpec(2, 0))
    assert savings is None
    assert all(run.failure for run in runs)
    assert not (tmp_path / "bench" / "b" / "cache_savings.md").exists()


def test_a_memoised_callable_is_met_from_the_first_timed_iteration(tmp_path: Path) -> None:
    own = Found(CallableScenario("own", "", "tests.orchestrator.work:answer"), "user", {})
    _, savings = run_cache_experiment(own, Artifacts(tmp_path), RunSpec(5, 0))
    assert savings is not None
    assert savings.on.hits == 4  # without a warm-up the first has to be worked out


@pytest.mark.parametrize("mode", ["off", "on"])
def test_digests_agree_in_both_modes(mode: str, tmp_path: Path) -> None:
    runs, _ = run_cache_experiment(Found(BOTS[2], "bots", {}), Artifacts(tmp_path), RunSpec(2, 0))
    assert len({run.digest for run in runs if run.cache == mode} | {runs[0].digest}) == 1
