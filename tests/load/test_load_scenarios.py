"""Components under load as scenarios: found, run, stored by `load prism` alike, and held by the gate."""

import json
from pathlib import Path

import pytest

from ollama_bench.load import scenario as source
from ollama_bench.load.points import Point, failed_check, held_sample_ns, parse_point
from ollama_bench.load.prism import PrismLoad
from ollama_bench.load.scenario import SCENARIOS
from ollama_bench.load.session import run_of
from ollama_bench.load.summary import Summary
from ollama_bench.load.usage import Used
from orchestrator.artifacts import Artifacts
from orchestrator.errors import ConfigurationError
from tests.conftest import Cli

LAB = next(scenario for scenario in SCENARIOS if scenario.name == "load:quantum_lab")


def _answer(ms: float, **tags: str) -> Point:
    usual = {"component": "quantum_lab", "phase": "hold", "status": "200"}
    return Point("http_req_duration", ms, usual | tags)


def _load(*points: Point) -> PrismLoad:
    used = {scenario.component: Used(1.0, 5_000_000) for scenario in SCENARIOS}
    return PrismLoad(True, Summary("s.json", "", {}), points, used, "")


def test_a_point_is_read_and_a_definition_is_none() -> None:
    line = {"metric": "checks", "type": "Point", "data": {"time": "…", "value": 0, "tags": {"check": "logged in"}}}

    assert parse_point(json.dumps(line)) == Point("checks", 0.0, {"check": "logged in"})
    assert parse_point(json.dumps({"type": "Metric", "data": {}, "metric": "checks"})) is None


@pytest.mark.parametrize("tags", [{"phase": "ramp"}, {"phase": "after"}, {"component": "ui"}, {"status": "429"}])
def test_only_good_answers_under_full_load_count(tags: dict[str, str]) -> None:
    assert held_sample_ns(_answer(1.5), "http_req_duration", "quantum_lab") == 1_500_000
    assert held_sample_ns(_answer(1.5, **tags), "http_req_duration", "quantum_lab") is None
    assert held_sample_ns(_answer(1.5), "materials_job_duration", "quantum_lab") is None


def test_a_failed_check_is_the_components_own() -> None:
    failed = Point("checks", 0, {"component": "ui", "check": "landing shell"})

    assert failed_check(failed, "ui") == "landing shell"
    assert failed_check(failed, "quantum_lab") is None
    assert failed_check(Point("checks", 1, failed.tags), "ui") is None


def test_a_finished_load_is_a_run_of_raw_samples(checkout: Path) -> None:
    run = run_of(LAB, _load(_answer(2.0), _answer(9.0, phase="ramp"), _answer(3.0)), "2026-11-25T10:00:00.000000Z", 1.5)

    assert run.samples_ms == [2.0, 3.0]
    assert (run.name, run.kind, run.source, run.iterations) == ("load:quantum_lab", "load", "load", 2)
    assert (run.peak_rss_bytes, run.others_cpu_percent, run.failure) == (5_000_000, 1.5, None)
    assert set(run.context) == {"k6", "script_sha256"}


def test_a_load_with_a_failed_check_or_without_an_answer_is_a_failed_run(checkout: Path) -> None:
    failed = Point("checks", 0, {"component": "quantum_lab", "check": "logged in"})

    assert run_of(LAB, _load(_answer(2.0), failed), "t", None).failure == "1 checks failed under load, first: logged in"
    assert run_of(LAB, _load(), "t", None).failure == "nothing was answered while the full load was held"


def test_they_are_listed_in_a_checkout_and_found_in_any_case(cli: Cli, checkout: Path, tmp_path: Path) -> None:
    listed = {row["name"]: row for row in json.loads(cli("bench:list", "--json").out)}

    assert {scenario.name for scenario in SCENARIOS} <= set(listed)
    assert listed["load:ui"]["objectives"][0]["limit"] == 850
    found = source.find("LOAD:UI")
    assert found is not None
    assert found.name == "load:ui"
    assert source.find("load:nothing") is None


def test_outside_a_checkout_none_is_listed_and_running_one_says_why(cli: Cli) -> None:
    assert "load:" not in cli("bench:list").out
    cli("bench:run", "--name", "load:ui").assert_clear_error(2, "checkout")


def test_there_is_no_cache_to_compare(checkout: Path) -> None:
    with pytest.raises(ConfigurationError, match="no cache"):
        LAB.open(True)


def test_a_baseline_holds_a_load_test_that_is_stored_later(cli: Cli, checkout: Path, tmp_path: Path) -> None:
    """Real runs: `bench:baseline`, then `load prism`, then the gate, which compares the two."""
    root = tmp_path / "artifacts"
    pin = ["bench:baseline", "--name", "load:materials_job", "--runs", "2", "--iter", "4", "--warmup", "1"]
    assert cli(*pin, "--artifacts", root).code == 0
    assert cli("load", "prism", "--quick", "--seconds", "3", "--out", tmp_path, "--artifacts", root).code == 0

    gate = cli("slo:gate", "--name", "load:materials_job", "--no-rerun", "--artifacts", root, "--json")

    (verdict,) = json.loads(gate.out)["scenarios"]
    assert verdict["regression"] in {"pass", "fail", "inconclusive"}, verdict
    assert verdict["targets"] == "pass"
    report = cli("slo:report", "--artifacts", root, "--json").out
    assert {scenario.name for scenario in SCENARIOS} <= {row["name"] for row in json.loads(report)}


def test_bench_run_takes_as_many_answers_as_it_is_asked_for(cli: Cli, checkout: Path, tmp_path: Path) -> None:
    done = cli("bench:run", "--name", "load:ui", "--iter", "12", "--warmup", "2", "--artifacts", tmp_path)

    assert done.code == 0, done.err
    (run,) = Artifacts(tmp_path).newest_runs("load:ui")
    assert len(run.samples_ns) == 12
    assert run.peak_rss_bytes
    assert run.yardstick_ns == [], "other processes do the work"
