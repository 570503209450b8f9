"""The benchmarks still run, and their gate can fail; what they measure is not judged here."""

import json
import subprocess
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(name: str, *options: str) -> str:
    command = [sys.executable, str(BENCHMARKS / name), "--quick", "--report-only", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="reads VmHWM from /proc")
def test_fidelity_measures_every_target() -> None:
    checks = {check["name"]: check for check in json.loads(run("fidelity.py", "--json"))["checks"]}
    judged = {name for name, check in checks.items() if check["limit"] is not None}
    assert {
        "|error of request written|, median",
        "|error of ttft_s|, median",
        "|error of ttft_s|, p95",
        "|error of latency_s|, p95",
        "gen_tok_s, off the sending rate, p95",
        "client_gen_tok_s, off the sending rate, p95",
        "CPU of ollama-bench / bare httpx",
        "peak RSS of a child, off its VmHWM",
        "CPU of sampling, 20 starts a second",
    } <= judged
    assert checks["gen_tok_s, off what the server declares, worst"]["ok"]
    assert checks["peak RSS of a child, off what it held"]["ok"]


def test_startup_prints_its_table_and_help_loads_nothing_heavy() -> None:
    heading, *rows = run("startup.py").splitlines()
    assert heading.split() == ["what", "target", "measured"]
    assert len(rows) == 4
    assert rows[-1].split() == ["heavy", "modules", "that", "--help", "imports", "<=", "0", "0", "ok"]


def test_history_times_the_first_listing_and_those_from_the_index() -> None:
    checks = {check["name"]: check for check in json.loads(run("history.py", "--json"))["checks"]}
    assert {name for name, check in checks.items() if check["limit"] is not None} == {
        "history, all listed",
        "history -n 20",
        "history --json",
    }


def test_a_missed_target_fails_unless_only_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    report = import_module("report")
    check, finish = report.Check, report.finish
    good, told, missed = check("a", 1.0, "ms", 1.0), check("b", 9.0, "ms"), check("c", 1.1, "ms", 1.0)
    unknown = check("d", float("nan"), "ms", 1.0)
    printed = Namespace(json=False, quick=False, report_only=False)
    assert finish([good, told], printed) == 0
    assert finish([good, missed], printed) == 1
    assert finish([good, unknown], printed) == 1
    assert finish([missed], Namespace(json=False, quick=False, report_only=True)) == 0
    assert "c     <= 1 ms  1.1 ms    FAIL" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_live_view_compares_with_and_without() -> None:
    checks = json.loads(run("live_view.py", "--json"))["checks"]
    assert [check["unit"] for check in checks] == ["ms", "ms", "ms", "%"]
    assert "n = 900 each" in checks[0]["note"]
