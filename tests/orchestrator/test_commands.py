import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.orchestrator.conftest import ROOT, Console, forget_the_machines_speed, is_running

FAST = """
answer:
  goal: says what it is
  callable: tests.orchestrator.work:answer
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "scenarios.yaml").write_text(FAST)
    return folder


def stored(tmp_path: Path, name: str, file: str) -> Any:
    return json.loads((tmp_path / "artifacts" / "bench" / name / file).read_text())


def test_list_names_bots_and_the_users_own(console: Console, config: Path) -> None:
    done = console("bench:list")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split() == ["name", "kind", "goal", "objectives"]
    assert "\x1b" not in done.stdout
    rows = json.loads(console("bench:list", "--json").stdout)
    assert [(row["name"], row["kind"]) for row in rows] == [
        ("Treasury-BOT", "bot"),
        ("RevOps-BOT", "bot"),
        ("SRE-BOT", "bot"),
        ("answer", "callable"),
    ]


def test_run_prints_the_summary_alone_and_stores_it(console: Console, tmp_path: Path) -> None:
    done = console("bench:run", "--name", "Treasury-BOT", "--iter", "4", "--warmup", "1", "--runs", "2")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    wanted = "name iterations warmup runs p50_ms p90_ms p95_ms p99_ms min_ms max_ms mean_ms stdev_ms p50_ci95_ms"
    wanted += " p95_ci95_ms peak_rss_mb extra_metrics cache environment digest timestamp objectives pass"
    assert set(wanted.split()) <= summary.keys()
    assert (summary["iterations"], summary["warmup"], summary["runs"], summary["samples"]) == (4, 1, 2, 8)
    assert summary["pass"] == {"p50_ms": True, "p95_ms": True, "max_mem_mb": True}
    assert stored(tmp_path, "Treasury-BOT", "summary.json") == summary
    runs = sorted((tmp_path / "artifacts/bench/Treasury-BOT/runs").iterdir())
    assert [len(json.loads(path.read_text())["samples_ns"]) for path in runs] == [4, 4]
    with (tmp_path / "artifacts/bench/Treasury-BOT/timings.csv").open() as file:
        raw = [float(row["ms"]) for row in csv.DictReader(file)]
    assert len(raw) == 8
    assert (min(raw), max(raw)) == (summary["min_ms"], summary["max_ms"])


def test_the_defaults_of_run(console: Console, config: Path) -> None:
    summary = json.loads(console("bench:run", "--name", "ANSWER").stdout)
    assert (summary["name"], summary["iterations"], summary["warmup"], summary["runs"]) == ("answer", 30, 5, 1)
    assert summary["cache"] == "off"


def test_cache_alone_means_compare(console: Console, config: Path, tmp_path: Path) -> None:
    summary = json.loads(console("bench:run", "--cache", "--name", "SRE-BOT", "--iter", "8", "--warmup", "1").stdout)
    assert (summary["cache"], summary["cache_hits"]) == ("compare", 8)
    assert summary["cache_savings"]["speedup"] > 10
    page = (tmp_path / "artifacts/bench/SRE-BOT/cache_savings.md").read_text()
    assert "| on | 8 |" in page
    assert "8 of 8" in page
    assert "Speed-up" in page
    gate = console("slo:gate", "--name", "SRE-BOT")
    assert gate.returncode == 4
    assert "no result is stored" in gate.stdout


def test_all_goes_on_after_a_failure(console: Console, config: Path) -> None:
    (config / "scenarios.yaml").write_text("broken: {callable: 'tests.orchestrator.work:raises'}\n" + FAST)
    done = console("bench:all", "--iter", "2", "--warmup", "0")
    assert done.returncode == 3
    summaries = json.loads(done.stdout)
    assert [summary["name"] for summary in summaries] == ["Treasury-BOT", "RevOps-BOT", "SRE-BOT", "broken", "answer"]
    assert [bool(summary["failures"]) for summary in summaries] == [False, False, False, True, False]
    assert "broken: a run failed: ValueError: the ledger is empty" in done.stderr
    gate = console("slo:gate", "--name", "broken", "--fail-on", "targets")
    assert gate.returncode == 4
    assert "the ledger is empty" in gate.stdout


def test_from_baseline_to_gate_and_report(console: Console, config: Path, tmp_path: Path) -> None:
    pinned = console("bench:baseline", "--name", "SRE-BOT", "--runs", "3", "--iter", "7", "--warmup", "0")
    assert pinned.returncode == 0, pinned.stderr
    assert json.loads(pinned.stdout)["runs"] == 3
    assert [len(run) for run in stored(tmp_path, "SRE-BOT", "baseline.json")["runs_ms"]] == [7, 7, 7]
    assert stored(tmp_path, "SRE-BOT", "baseline.json")["yardstick_mean_ns"] > 0
    forget_the_machines_speed(tmp_path, "SRE-BOT")
    before = (tmp_path / "artifacts/bench/SRE-BOT/baseline.json").read_text()
    assert console("slo:gate", "--name", "SRE-BOT").returncode == 4  # nothing has been run yet
    console("bench:run", "--name", "SRE-BOT", "--iter", "20")
    gate = json.loads(console("slo:gate", "--name", "sre-bot", "--no-rerun", "--json").stdout)
    assert gate["scenarios"][0]["name"] == "SRE-BOT"
    assert gate["scenarios"][0]["regression"] in ("pass", "inconclusive", "fail")
    assert gate["scenarios"][0]["decision"]["median_ratio_ci95"]
    report = console("slo:report")
    assert report.returncode == 0
    assert "SRE-BOT" in report.stdout
    assert "| SRE-BOT | pass | 20 |" in (tmp_path / "artifacts/bench/_index.md").read_text()
    page = (tmp_path / "artifacts/bench/_index.html").read_text(encoding="utf-8")
    assert 'SRE-BOT</bdi></th><td><span class="pill good">' in page
    assert (tmp_path / "artifacts/bench/SRE-BOT/baseline.json").read_text() == before


def slow_down_newest(tmp_path: Path, factor: float) -> None:
    path = max((tmp_path / "artifacts/bench/answer/runs").iterdir())
    run = json.loads(path.read_text())
    run["samples_ns"] = [round(value * factor) for value in run["samples_ns"]]
    path.write_text(json.dumps(run))


def test_the_gate_makes_further_runs_where_one_looks_slow(console: Console, config: Path, tmp_path: Path) -> None:
    console("bench:baseline", "--name", "answer", "--runs", "3", "--iter", "20")
    forget_the_machines_speed(tmp_path, "answer")
    console("bench:run", "--name", "answer", "--iter", "25")
    slow_down_newest(tmp_path, 1.2)
    runs = tmp_path / "artifacts/bench/answer/runs"
    console("slo:gate", "--name", "answer", "--no-rerun")
    assert len([*runs.iterdir()]) == 1
    slow_down_newest(tmp_path, 5)
    failed = console("slo:gate", "--name", "answer", "--no-rerun", "--fail-on", "regressions")
    assert failed.returncode in (4, 5)
    judged = json.loads(console("slo:gate", "--name", "answer", "--json").stdout)["scenarios"][0]
    assert (judged["runs"], judged["samples"]) == (3, 25 + 2 * 20)
    groups = {json.loads(path.read_text())["group"] for path in runs.iterdir()}
    assert len(groups) == 1
    console("slo:gate", "--name", "answer")
    assert len([*runs.iterdir()]) == 3  # the same candidate: it has its three runs


def test_show_tells_what_is_known(console: Console, config: Path) -> None:
    console("bench:run", "--name", "answer", "--iter", "3")
    shown = json.loads(console("bench:show", "--name", "answer", "--json").stdout)
    assert (shown["kind"], shown["goal"], shown["newest"]["samples"]) == ("callable", "says what it is", 3)
    assert shown["baseline"] is None
    assert json.loads(console("bench:show", "--name", "some:model", "--json").stdout)["options"] == {}
    assert "goal: says what it is" in console("bench:show", "--name", "answer").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["bench:run", "--name", "Trasury-BOT"], 2, "no scenario is called 'Trasury-BOT'"),
        (["bench:run"], 2, "--name"),
        (["bench:run", "--name", ""], 2, "a scenario's name is not empty"),
        (["bench:run", "--name", "\udcff"], 2, "a scenario's name is UTF-8 text"),
        (["slo:gate", "--name", " "], 2, "a scenario's name is not empty"),
        (["bench:run", "--name", "SRE-BOT", "--timeout", "inf"], 2, "--timeout"),
        (["bench:run", "--name", "SRE-BOT", "--timeout", "nan"], 2, "not a finite number"),
        (["bench:run", "--name", "SRE-BOT", "--timeout", "1e10"], 2, "--timeout"),
        (["bench:run", "--name", "SRE-BOT", "--iter", "0"], 2, "--iter"),
        (["bench:run", "--name", "SRE-BOT", "--iter", "9" * 20], 2, "--iter"),
        (["bench:baseline", "--name", "SRE-BOT", "--runs", "9" * 20], 2, "--runs"),
        (["bench:run", "--name", "SRE-BOT", "--cache", "maybe"], 2, "maybe"),
        (["slo:gate", "--fail-on", "nothing"], 2, "nothing"),
        (["bench:list", "--slo", "no.yaml"], 2, "no.yaml"),
        (["bench:run", "--name", "SRE-BOT", "--artifacts", "config/scenarios.yaml/x"], 3, "cannot be written"),
        (["slo:report", "--artifacts", "config/scenarios.yaml/x"], 3, "cannot be written"),
        (["bench:baseline", "--name", "broken", "--runs", "2"], 3, "no baseline is pinned"),
        (["bench:run", "--name", "quick", "--cache", "on"], 3, "no cache to compare"),
    ],
)
def test_wrong_input_gets_one_message_and_its_code(
    arguments: list[str], code: int, told: str, console: Console, config: Path
) -> None:
    (config / "scenarios.yaml").write_text(
        "broken: {callable: 'tests.orchestrator.work:raises'}\nquick: {command: 'true'}"
    )
    done = console(*arguments)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("slo.yaml", "SRE-BOT:\n  p50: 3", "config/slo.yaml:2: SRE-BOT.p50: unknown key"),
        ("scenarios.yaml", "x: {goal: y}", "config/scenarios.yaml:1: x: "),
        ("scenarios.yaml", "x: {callable: 'nocolon'}", "config/scenarios.yaml:1: x.callable: "),
        ("scenarios.yaml", 'x: {command: "\'"}', "config/scenarios.yaml:1: x.command: "),
        (
            "scenarios.yaml",
            "sre-bot: {command: ls}",
            "config/scenarios.yaml:1: sre-bot: another scenario has that name",
        ),
        ("scenarios.yaml", "x: {command: ls}\nX: {command: ls}", "config/scenarios.yaml:2: X: another scenario has"),
        ("slo.yaml", "x: {p50_ms: 1}\nX: {p50_ms: 2}", "config/slo.yaml:2: X: another scenario has that name"),
    ],
)
def test_a_bad_configuration_names_file_line_and_key(
    file: str, text: str, told: str, console: Console, config: Path
) -> None:
    (config / file).write_text(text)
    done = console("bench:list")
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_broken_result_fails_its_scenario_and_the_others_go_on(console: Console, tmp_path: Path) -> None:
    console("bench:run", "--name", "SRE-BOT", "--iter", "2")
    next((tmp_path / "artifacts/bench/SRE-BOT/runs").iterdir()).write_text("{")
    console("bench:run", "--name", "RevOps-BOT", "--iter", "2")
    gate = console("slo:gate", "--fail-on", "targets", "--name", "SRE-BOT", "--name", "RevOps-BOT")
    assert gate.returncode == 4
    assert "delete the file" in gate.stdout
    assert "RevOps-BOT: pass" in gate.stdout
    report = console("slo:report")
    assert report.returncode == 0
    assert "delete the file" in report.stdout


def test_perf_is_a_footer_on_stderr(console: Console, config: Path) -> None:
    for arguments in (["bench:list", "--json"], ["bench:run", "--name", "answer"], ["slo:gate"], ["slo:report"]):
        done = console(*arguments, "--perf")
        last = done.stderr.splitlines()[-1]
        assert last.startswith("perf: wall ")
        assert "CPU" in last
        assert "peak RSS" in last
        assert "perf:" not in done.stdout


def hanging(config: Path, tmp_path: Path) -> tuple["subprocess.Popen[str]", int]:
    """`bench:run` of a scenario that hangs, and the process that the scenario started."""
    noted = tmp_path / "pid"
    (config / "scenarios.yaml").write_text(f"slow: {{command: \"sh -c 'echo $$ > {noted}; exec sleep 600'\"}}")
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.console", "bench:run", "--name", "slow"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(200):
        if noted.exists() and noted.read_text().strip():
            break
        time.sleep(0.05)
    return process, int(noted.read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_stop_ends_the_worker_and_exits_130(number: int, config: Path, tmp_path: Path) -> None:
    process, started = hanging(config, tmp_path)
    process.send_signal(number)
    output, told = process.communicate(timeout=30)
    assert (process.returncode, output) == (130, "")
    assert "interrupted" in told
    assert not is_running(started)


def test_a_command_that_is_killed_leaves_nothing_behind(config: Path, tmp_path: Path) -> None:
    process, started = hanging(config, tmp_path)
    process.kill()
    process.communicate(timeout=30)
    for _ in range(200):
        if not is_running(started):
            return
        time.sleep(0.05)
    raise AssertionError("the scenario runs on")


@pytest.mark.parametrize("command", [["slo:report"], ["bench:list"], ["bench:show", "--name", "SRE-BOT"]])
def test_a_reader_that_leaves_early_is_no_crash(command: list[str], config: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.console", *command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        told = stderr.read()
    assert (process.wait(timeout=30), told) == (3, b"")


def test_a_baseline_that_is_too_small_or_pinned_under_load_gets_a_warning(console: Console, config: Path) -> None:
    small = console("bench:baseline", "--name", "answer", "--runs", "2", "--iter", "3")
    assert small.returncode == 0
    assert "warning: a smaller baseline (2 runs of 3 samples) than this rule was checked for" in small.stderr
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        loaded = console("bench:baseline", "--name", "answer", "--runs", "2")
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert json.loads(loaded.stdout)["others_cpu_percent"] > 10
    assert "of the machine's CPU: pin again when it is quiet" in loaded.stderr


def test_the_gate_writes_junit_and_a_jobs_summary_whatever_the_verdict(
    console: Console, config: Path, tmp_path: Path
) -> None:
    console("bench:run", "--name", "SRE-BOT", "--iter", "20")
    report, summary = tmp_path / "reports" / "gate.xml", tmp_path / "summary.md"
    for scenario, fail_on, code in (
        ("SRE-BOT", "targets", 0),
        ("SRE-BOT", "any", 5),
        ("Treasury-BOT", "any", 4),
    ):
        gate = ("slo:gate", "--name", scenario, "--fail-on", fail_on, "--junit", "reports/gate.xml")
        done = console(*gate, GITHUB_STEP_SUMMARY=str(summary))
        assert (done.returncode, done.stderr) == (code, "")
        counts = ElementTree.parse(report).getroot().attrib
        assert [counts["failures"] != "0", counts["errors"] != "0"] == [code == 4, code == 5]
        assert summary.read_text().endswith(f"Fail on {fail_on}; exit code {code}.\n")
    assert summary.read_text().count("## Gate: ") == 3


def test_a_junit_file_that_cannot_be_written_is_told_before_anything_is_judged(
    console: Console, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = console("slo:gate", "--junit", "file/gate.xml")
    assert (done.returncode, done.stdout) == (3, "")
    assert "--junit file/gate.xml: cannot be written" in done.stderr
    done = console("slo:gate", "--junit", "/dev/null")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_summary_that_cannot_be_written_changes_no_outcome(console: Console, config: Path, tmp_path: Path) -> None:
    done = console("slo:gate", "--name", "Treasury-BOT", GITHUB_STEP_SUMMARY=str(tmp_path))
    assert done.returncode == 4
    assert done.stderr == f"warning: GITHUB_STEP_SUMMARY: {tmp_path}: cannot be written: Is a directory\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a shell")
def test_junit_is_written_though_nobody_reads_what_is_printed(console: Console, config: Path, tmp_path: Path) -> None:
    nobody_reads, writer = os.pipe()
    os.close(nobody_reads)
    command = [sys.executable, "-m", "cli.console", "slo:gate", "--junit", "gate.xml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, check=False)
    os.close(writer)
    assert done.returncode == 3
    assert len(ElementTree.parse(tmp_path / "gate.xml").getroot()[0]) == 4, "three bots and one of the user's own"
