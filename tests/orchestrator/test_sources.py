"""Another package's scenarios, through a real entry point."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.orchestrator.conftest import ROOT, Console, forget_the_machines_speed
from tests.orchestrator.fake_source import LOADED_MARK


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """What an installer leaves behind: `console` has this folder on its path."""
    folder = tmp_path / "fake-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: fake\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[orchestrator.scenarios]\nfake = tests.orchestrator.fake_source\n")
    return folder


def test_its_options_are_taken_on(console: Console, installed: Path) -> None:
    for command in ("bench:run", "bench:show", "bench:baseline"):
        assert "Ticks a second." in console(command, "--help").stdout


def test_a_scenario_of_it_runs_with_its_own_time_memory_and_metrics(console: Console, installed: Path) -> None:
    done = console("bench:run", "--name", "clock:1", "--speed", "4", "--iter", "3")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["p50_ms"], summary["peak_rss_mb"], summary["kind"]) == (250.0, 123.0, "clockwork")
    assert summary["extra_metrics"]["gen_tok_s"]["p50"] == 4
    assert summary["context"] == {"speed": 4}


def test_its_metrics_have_objectives(console: Console, installed: Path, tmp_path: Path) -> None:
    objectives = tmp_path / "own.yaml"
    objectives.write_text('"clock*": {min_tok_s: 5}')
    console("bench:run", "--name", "clock:1", "--speed", "4", "--iter", "3")
    gate = console("slo:gate", "--name", "clock:1", "--fail-on", "targets", "--slo", str(objectives))
    assert gate.returncode == 4
    assert "min_tok_s at least 5: 4" in gate.stdout


def test_the_gate_finds_it_again_with_the_options_that_were_stored(
    console: Console, installed: Path, tmp_path: Path
) -> None:
    console("bench:baseline", "--name", "clock:1", "--speed", "4", "--runs", "3", "--iter", "20")
    forget_the_machines_speed(tmp_path, "clock-1")
    console("bench:run", "--name", "clock:1", "--speed", "4", "--iter", "20")
    run = next((tmp_path / "artifacts/bench/clock-1/runs").iterdir())
    document = json.loads(run.read_text())
    document["samples_ns"] = [value * 2 for value in document["samples_ns"]]
    run.write_text(json.dumps(document))
    judged = json.loads(console("slo:gate", "--name", "clock:1", "--json").stdout)["scenarios"][0]
    assert judged["runs"] == 3
    assert judged["decision"]["median_ratio"] == pytest.approx(2 ** (1 / 3))


def test_other_options_are_not_comparable(console: Console, installed: Path) -> None:
    console("bench:baseline", "--name", "clock:1", "--speed", "4", "--runs", "2", "--iter", "20")
    console("bench:run", "--name", "clock:1", "--speed", "5", "--iter", "20")
    gate = console("slo:gate", "--name", "clock:1")
    assert gate.returncode == 5
    assert "speed: 4 -> 5" in gate.stdout


def test_its_cache_is_compared(console: Console, installed: Path) -> None:
    summary = json.loads(console("bench:run", "--name", "clock:1", "--cache", "--iter", "9").stdout)
    assert summary["cache_savings"]["speedup"] == 2
    assert summary["cache_savings"]["speedup_ci95"] == [2, 2]


def test_it_is_loaded_only_where_it_is_needed(console: Console, installed: Path, tmp_path: Path) -> None:
    mark = tmp_path / "loaded"
    for arguments in (["--help"], ["bench:list", "--help"], ["slo:gate", "--help"], ["slo:gate"], ["slo:report"]):
        console(*arguments, **{LOADED_MARK: str(mark)})
        assert not mark.exists(), arguments
    console("bench:run", "--help", **{LOADED_MARK: str(mark)})
    assert mark.exists()


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("no_such_module", "No module named"),
        ("misspelt", "SyntaxError"),
        ("json", "it has no options and no list and no find"),
    ],
)
def test_one_that_cannot_be_loaded_is_told_and_left_out(
    target: str, told: str, console: Console, installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "misspelt.py").write_text("def list(:\n")
    (installed / "entry_points.txt").write_text(f"[orchestrator.scenarios]\nfake = {target}\n")
    done = console("bench:list", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 3
    assert f"scenario source fake ({target}) cannot be loaded" in done.stderr
    assert told in done.stderr


@pytest.mark.parametrize("cache", [[], ["--cache"]])
def test_a_set_up_that_refuses_an_unknown_name_leaves_nothing_behind(
    cache: list[str], console: Console, installed: Path
) -> None:
    done = console("bench:run", "--name", "clock:1", "--speed", "0", "--iter", "2", *cache)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Error: the clockwork is not wound" in done.stderr
    assert "clock:1" not in console("slo:gate").stdout
    assert "clock:1" not in console("slo:report").stdout


def test_a_set_up_that_refuses_a_known_name_is_a_failure_of_it(console: Console, installed: Path) -> None:
    console("bench:run", "--name", "clock:1", "--iter", "2")
    done = console("bench:run", "--name", "clock:1", "--speed", "0", "--iter", "2")
    assert done.returncode == 3
    gate = console("slo:gate", "--name", "clock:1", "--fail-on", "targets")
    assert gate.returncode == 4
    assert "the clockwork is not wound" in gate.stdout


def test_a_run_in_a_mode_that_is_not_the_usual_one_is_no_candidate(console: Console, installed: Path) -> None:
    console("bench:run", "--name", "clock:1", "--iter", "2")
    console("bench:run", "--name", "clock:1", "--iter", "3", "--cache", "off")
    assert json.loads(console("bench:show", "--name", "clock:1", "--json").stdout)["newest"]["samples"] == 2


def test_help_imports_nothing_heavy() -> None:
    probe = "import cli.console, sys; print([m for m in sys.modules if m.split('.')[0] in "
    probe += "('pydantic', 'yaml', 'rich', 'psutil', 'httpx', 'cachetools', 'importlib_metadata', 'statistics')])"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
