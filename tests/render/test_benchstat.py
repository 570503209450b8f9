"""Go's benchmark format: by its rules, and by the real benchstat where it is at hand."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from ollama_bench.render.benchstat import render_benchstat
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import RequestError
from tests.examples import example_plan, example_result, example_trials

BENCHSTAT = shutil.which("benchstat")
needs_benchstat = pytest.mark.skipif(BENCHSTAT is None, reason="no benchstat on the PATH (golang.org/x/perf)")

LINE = re.compile(r"BenchmarkModel/name=(\S+)/step=(\w+)/phase=(\w+) 1 ((?:[0-9.]+ [a-z]+/[a-z]+ ?)+)")


def _lines(*results: RunResult) -> list[tuple[str, str, str, str]]:
    lines = [line for line in render_benchstat(results).splitlines() if line.startswith("Benchmark")]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return [(match[1], match[2], match[3], match[4]) for match in found if match]


def _called(name: str, **changes: object) -> RunResult:
    result = example_result()
    return result.model_copy(update={"model": result.model.model_copy(update={"name": name}), **changes})


def test_units_and_names_are_those_of_ollamas_tool() -> None:
    lines = _lines(example_result())

    assert ("llama3.2:1b", "generate", "real", "12000000.00 ns/token 83.33 token/sec") in lines
    assert ("llama3.2:1b", "prefill", "real", "952380.95 ns/token 1050.00 token/sec") in lines
    assert ("llama3.2:1b", "ttft", "warm", "220000000 ns/op") in lines
    assert ("llama3.2:1b", "load", "cold", "1300000000 ns/op") in lines
    assert ("llama3.2:1b", "total", "real", "1402000000 ns/op") in lines


def test_each_trial_is_a_sample() -> None:
    lines = _lines(example_result())

    assert len([line for line in lines if line[1:3] == ("generate", "real")]) == 3
    assert not [line for line in lines if line[1] == "load" and line[2] != "cold"], "only a cold start loads"
    assert not [line for line in lines if line[1] == "prefill" and line[2] == "warm"], "its prompt is cached"


def test_failed_trials_are_left_out() -> None:
    plan = example_plan()
    trials = example_trials(plan)
    trials[1] = trials[1].model_copy(update={"error": RequestError(kind="timeout", message="silence")})
    result = example_result(trials, plan)

    assert len([line for line in _lines(result) if line[1:3] == ("latency", "warm")]) == 2


@pytest.mark.parametrize(
    "name", ["hf.co/org/model:Q4_K_M", "with a space", "ü=/%\u2028x", "a-8", "x\nBenchmarkY 1 2 ns/op"]
)
def test_any_name_is_one_field_and_can_be_read_back(name: str) -> None:
    (shown,) = {line[0] for line in _lines(_called(name))}

    assert "/" not in shown
    assert unquote(shown) == " ".join(name.replace("\u2028", "").split())


def test_the_machine_is_told_and_a_server_elsewhere_has_none() -> None:
    local = example_result(environment={"system": "Linux", "architecture": "x86_64"})
    remote = local.model_copy(update={"server": local.server.model_copy(update={"local": False})})
    text = render_benchstat([local, remote])

    assert text.startswith(
        "goos: linux\ngoarch: amd64\ncpu: AMD EPYC\n# Model: llama3.2:1b | Params: 1.2B | Quant: Q8_0"
    )
    assert "\ngoos:\ngoarch:\ncpu:\n" in text, "an empty value takes the former one away"


def test_a_long_name_keeps_lines_that_benchstat_reads() -> None:
    assert max(map(len, render_benchstat([_called("€" * 100_000)]).splitlines())) < 64 * 1024


@needs_benchstat
def test_the_real_benchstat_compares_two_exports(tmp_path: Path) -> None:
    plan = example_plan()
    slower = [
        trial.model_copy(update={"server": trial.server.model_copy(update={"eval_duration_ns": 2_400_000_000})})
        for trial in example_trials(plan)
    ]
    (tmp_path / "old.txt").write_text(render_benchstat([_called("a/b c"), _called("other:1b")]))
    (tmp_path / "new.txt").write_text(render_benchstat([_called("a/b c", phases=example_result(slower, plan).phases)]))
    done = _benchstat(tmp_path, "old.txt", "new.txt")

    assert done.stderr == ""
    row = next(line for line in done.stdout.splitlines() if "a%2Fb%20c/step=generate/phase=real" in line)
    assert re.search(r"12\.\d+m ± .* 24\.0+m ± ", row), row
    assert "token/sec" in done.stdout
    assert "cpu: AMD EPYC" in done.stdout


@needs_benchstat
def test_the_real_benchstat_reads_ollamas_own_lines_beside_ours(tmp_path: Path) -> None:
    theirs = "BenchmarkModel/name=llama3.2:1b/step=generate 1 11000000.00 ns/token 90.91 token/sec\n"
    (tmp_path / "theirs.txt").write_text(theirs * 3)
    (tmp_path / "ours.txt").write_text(render_benchstat([example_result()]))
    done = _benchstat(
        tmp_path,
        *("-row", "/name,/step", "-filter", '/phase:(real OR "")', "-ignore", "goos,goarch,cpu"),
        *("theirs.txt", "ours.txt"),
    )

    assert re.search(r"llama3\.2:1b +generate +11\.00m ± .* 12\.\d", done.stdout), done.stdout


def _benchstat(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    assert BENCHSTAT
    return subprocess.run([BENCHSTAT, *arguments], cwd=folder, capture_output=True, text=True, check=True)
