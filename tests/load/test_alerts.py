"""Alerts: which, how bad, written once, and none lost by whoever else writes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMMAND, Cli
from tests.load.conftest import ROOT
from tests.load.summaries import summary, write

UI, LAB = "http_req_duration{component:ui}", "http_req_duration{component:quantum_lab}"


@pytest.fixture
def alerts(cli: Cli, tmp_path: Path) -> Any:
    """`load alerts` on a document; what was written so far."""

    def call(document: Any, *arguments: str) -> tuple[Any, list[dict[str, Any]]]:
        done = cli("load", "alerts", "--summary", write(tmp_path, document), *arguments)
        path = tmp_path / "data" / "aiops" / "alerts.jsonl"
        return done, [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    return call


def test_a_component_over_its_bound_is_written(alerts: Any) -> None:
    done, (alert,) = alerts(summary({LAB: 1800.4}))

    assert done.code == 0
    assert (alert["component"], alert["metric"]) == ("quantum_lab", "http_req_duration")
    assert (alert["observed_p95_ms"], alert["threshold_p95_ms"], alert["severity"]) == (1800.4, 1200, "major")
    assert alert["description"] == "p95 of http_req_duration of quantum_lab: 1800 ms, 1.50 x its bound of 1200 ms"
    assert alert["source"].endswith("k6_summary.json")
    assert alert["time"].endswith("Z")
    assert "1 written to data/aiops/alerts.jsonl" in done.out


@pytest.mark.parametrize(
    ("p95", "severity"), [(850, "warning"), (1062, "warning"), (1063, "major"), (1700, "critical")]
)
def test_severity_rises_with_the_excess(alerts: Any, p95: float, severity: str) -> None:
    """At the bound too: k6 asks for less than it."""
    _, (alert,) = alerts(summary({UI: p95}))

    assert alert["severity"] == severity


def test_nothing_over_its_bound_is_no_alert(alerts: Any) -> None:
    done, written = alerts(summary({UI: 849.9}))

    assert (done.code, written) == (0, [])
    assert "No alert" in done.out


def test_a_component_that_is_missing_is_an_alert(alerts: Any) -> None:
    done, (alert,) = alerts(summary({UI: None}))

    assert done.code == 0
    assert (alert["component"], alert["observed_p95_ms"], alert["severity"]) == ("ui", None, "critical")
    assert "no http_req_duration of ui" in alert["description"]


def test_a_second_run_on_the_same_summary_adds_nothing(alerts: Any) -> None:
    alerts(summary({UI: 900}))
    done, written = alerts(summary({UI: 900}))

    assert len(written) == 1
    assert "0 written to data/aiops/alerts.jsonl, 1 there already" in done.out
    assert len(alerts(summary({UI: 901}))[1]) == 2, "another summary is another alert"


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(alerts: Any, tmp_path: Path) -> None:
    done, written = alerts(summary({UI: 900}), "--dry-run")

    assert written == []
    assert not (tmp_path / "data").exists()
    assert "1 would be written to" in done.out
    alerts(summary({UI: 900}))
    assert "0 would be written" in alerts(summary({UI: 900}), "--dry-run")[0].out


def test_json_is_one_document(alerts: Any) -> None:
    done, (written,) = alerts(summary({UI: 900}), "--json")

    document = json.loads(done.out)
    assert document["alerts"] == [written]
    assert document["new"] == [written["id"]]


def test_bounds_of_the_working_directory_win(alerts: Any, tmp_path: Path) -> None:
    (tmp_path / "config" / "load.yaml").write_text(
        "bounds_p95_ms: {ui: {http_req_duration: 50}}\nseverity_from: {major: 1.5, critical: 3}\n"
    )

    _, (alert,) = alerts(summary())

    assert (alert["threshold_p95_ms"], alert["severity"]) == (50, "major")


def test_a_torn_line_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "aiops" / "alerts.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'[1]\n{"id": 5}\n\xff\xfe\n{"id": "half')

    write(tmp_path, summary({UI: 900}))
    subprocess.run([*COMMAND, "load", "alerts", "--summary", "k6_summary.json"], cwd=tmp_path, check=True)

    lines = path.read_bytes().split(b"\n")
    assert lines[:4] == [b"[1]", b'{"id": 5}', b"\xff\xfe", b'{"id": "half']
    assert json.loads(lines[4])["component"] == "ui"


def test_two_at_once_lose_and_repeat_nothing(tmp_path: Path) -> None:
    """Real processes: eight on one summary, eight on one of their own each."""
    for index in range(9):
        (tmp_path / f"{index}.json").write_text(json.dumps(summary({UI: 900 + index, LAB: 1300})))
    names = [f"{index}.json" for index in (*[0] * 8, *range(1, 9))]
    running = [
        subprocess.Popen([*COMMAND, "load", "alerts", "--summary", name], cwd=tmp_path, stdout=subprocess.DEVNULL)
        for name in names
    ]

    assert [process.wait(120) for process in running] == [0] * len(names)
    entries = [json.loads(line) for line in (tmp_path / "data/aiops/alerts.jsonl").read_text().splitlines()]
    assert sorted(entry["source"] for entry in entries) == sorted(2 * [f"{index}.json" for index in range(9)])
    assert len({entry["id"] for entry in entries}) == len(entries)


def test_a_summary_that_is_missing_or_none_is_a_clear_error(cli: Cli, tmp_path: Path) -> None:
    cli("load", "alerts").assert_clear_error(2, "logs/perf/k6_summary.json", "load prism")
    cli("load", "alerts", "--summary", write(tmp_path, "{")).assert_clear_error(2, "not JSON")
    bad = write(tmp_path, summary(**{UI: {"max": 1, "p(95)": "fast"}}))
    cli("load", "alerts", "--summary", bad).assert_clear_error(2, UI, "not a figure")
    assert not (tmp_path / "data").exists()


def test_a_file_that_cannot_be_written_is_a_clear_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")

    done = cli("load", "alerts", "--summary", write(tmp_path, summary({UI: 900})))

    done.assert_clear_error(3, "data/aiops/alerts.jsonl", "--out")


def test_the_documented_script_is_the_same_command(tmp_path: Path) -> None:
    (tmp_path / "logs" / "perf").mkdir(parents=True)
    write(tmp_path / "logs" / "perf", summary({UI: 2000}))
    script = [sys.executable, str(ROOT / "tools" / "prism_load_alerts.py")]

    dry = subprocess.run([*script, "--dry-run"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not (tmp_path / "data").exists()
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True)
    missing = subprocess.run([*script, "--summary", "no.json"], cwd=tmp_path, capture_output=True, text=True)

    assert "critical  p95 of http_req_duration of ui: 2000 ms" in dry.stdout
    assert "1 written to data/aiops/alerts.jsonl" in done.stdout
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "Error: no.json" in missing.stderr


def test_a_path_with_a_line_feed_stays_one_line(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "a\nb\u2028\x1b[31m.json"
    path.write_text(json.dumps(summary({UI: 900})))

    done = cli("load", "alerts", "--summary", path)

    (line,) = (tmp_path / "data/aiops/alerts.jsonl").read_text().splitlines()
    assert json.loads(line)["source"] == str(path)
    assert "\x1b" not in done.out
