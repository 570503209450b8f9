"""One real run: the command line, the embedded engine, a real model."""

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from ollama_bench.metrics import summarize_phase
from ollama_bench.scorecard import RunResult, load
from tests.conftest import COMMAND, PROFILES

pytest.importorskip("xllamacpp")

RUN = [*COMMAND, "run", "gemma3:270m", "--embedded", "--json", "--num-predict", "48"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's cache; it outlives the session, for the model's 253 MB need to be written once only."""
    return tmp_path_factory.getbasetemp().parent / "ollama-bench-home"


def start(folder: Path, home: Path) -> subprocess.Popen[str]:
    (folder / "config").mkdir()
    (folder / "config" / "profiles.yaml").write_text(PROFILES)
    environment = os.environ | {"OLLAMA_BENCH_HOME": str(home)}
    with (folder / "stdout").open("w") as out:  # a file: a pipe that nobody reads would fill up
        return subprocess.Popen(
            RUN, cwd=folder, env=environment, stdout=out, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )


def still_alive(processes: set[psutil.Process]) -> set[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=10)
    return {process for process in alive if process.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(scope="session")
def family() -> set[psutil.Process]:
    """Every process that the run started."""
    return set()


@pytest.fixture(scope="session")
def finished(
    home: Path, tmp_path_factory: pytest.TempPathFactory, family: set[psutil.Process]
) -> tuple[str, str, Path]:
    """A run to its end: its standard output, its standard error, its folder."""
    folder = tmp_path_factory.mktemp("embedded-run")
    err: list[str] = []
    with start(folder, home) as command:
        assert command.stderr is not None
        for line in command.stderr:  # each phase and the end are told: that is when its processes are looked at
            err.append(line)
            if command.poll() is None:
                family |= set(psutil.Process(command.pid).children(recursive=True))
    assert command.returncode == 0, "".join(err)
    return (folder / "stdout").read_text(), "".join(err), folder


@pytest.fixture(scope="session")
def result(finished: tuple[str, str, Path]) -> RunResult:
    (path,) = finished[2].glob("scorecards/*.json")
    return load(path)


def test_it_is_whole(finished: tuple[str, str, Path], result: RunResult) -> None:
    out, err, _ = finished
    assert json.loads(out) == json.loads(result.to_json())
    assert "Traceback" not in err
    assert result.complete
    assert result.server.kind == "embedded"
    assert result.model.quantization == "Q4_K_M"
    assert result.model.parameter_count == 268_098_176
    assert not result.model.chat_template
    assert all(trial.ok for part in result.phases.values() for trial in part.trials)
    assert result.quality is not None
    assert len(result.quality.prompts) == 3
    assert result.verdict.decision != "inconclusive"


def test_every_summary_is_that_of_its_trials(result: RunResult) -> None:
    for part in result.phases.values():
        assert part.summary == summarize_phase(part.trials)


def test_cold_loads_and_nothing_else_does(result: RunResult) -> None:
    (cold,) = result.phases["cold"].trials
    assert cold.loaded_before is None
    assert cold.server.load_duration_ns is not None
    assert cold.server.load_duration_ns > 10_000_000
    for name in ("warm", "real", "long"):
        for trial in result.phases[name].trials:
            assert trial.loaded_before is not None
            assert trial.server.load_duration_ns is not None
            assert trial.server.load_duration_ns < cold.server.load_duration_ns


def test_the_prompts_are_as_long_as_they_should_be_and_not_cut(result: RunResult) -> None:
    (long,) = result.phases["long"].trials
    assert long.server.prompt_eval_count is not None
    assert 1500 < long.server.prompt_eval_count < 2600


def test_the_memory_is_that_of_the_server_and_its_runner(result: RunResult, family: set[psutil.Process]) -> None:
    """The weights, 241 MB, are in the runner; the tool itself is in no figure."""
    resources = result.resources
    assert resources.reason is None
    assert {process.pid for process in resources.processes} <= {process.pid for process in family}
    runner = max(resources.processes, key=lambda process: process.peak_rss_bytes)
    assert runner.peak_rss_bytes > 240_000_000
    assert resources.peak_rss_bytes is not None
    assert runner.peak_rss_bytes < resources.peak_rss_bytes < 3_000_000_000
    assert resources.cpu_percent_mean is not None
    assert resources.cpu_percent_mean > 20
    assert resources.sampler_cpu_s > 0


def test_nothing_is_left_running(finished: tuple[str, str, Path], family: set[psutil.Process]) -> None:
    assert len(family) >= 2  # the server and its runner
    assert still_alive(family) == set()


def test_ctrl_c_leaves_no_process_and_keeps_what_was_measured(home: Path, tmp_path: Path) -> None:
    with start(tmp_path, home) as command:
        assert command.stderr is not None
        err = []
        for line in command.stderr:
            err.append(line)
            if line.startswith("real: "):
                family = set(psutil.Process(command.pid).children(recursive=True))
                command.send_signal(signal.SIGINT)
    assert command.returncode == 130, "".join(err)
    assert (tmp_path / "stdout").read_text() == ""
    assert err[-1] == "Error: interrupted\n"
    assert len(family) >= 2
    assert still_alive(family) == set()
    (path,) = tmp_path.glob("scorecards/*.json")
    kept = load(path)
    assert not kept.complete
    assert list(kept.phases) == ["cold", "warm"]
