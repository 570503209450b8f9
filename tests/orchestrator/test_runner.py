import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from orchestrator.bots.catalogue import BOTS
from orchestrator.errors import BenchError
from orchestrator.kinds import CommandScenario
from orchestrator.results import BenchRun
from orchestrator.runner import RunSpec, run_once
from orchestrator.scenario import Found, find
from orchestrator.yardstick import reading_beside_ns
from tests.orchestrator import fake_source
from tests.orchestrator.conftest import is_running, run_work
from tests.orchestrator.fake_source import Clockwork


def run_command(command: str, **spec: int) -> BenchRun:
    found = Found(CommandScenario("c", "a test", command), "user", {})
    return run_once(found, RunSpec(**{"iterations": 2, "warmup": 1, **spec}))  # type: ignore[arg-type]


def test_a_run_keeps_its_raw_samples_and_not_those_of_the_warm_up() -> None:
    run = run_work("answer", iterations=7, warmup=2)
    assert run.failure is None
    assert len(run.samples_ns) == 7
    assert all(value > 0 for value in run.samples_ns)
    assert run.digest is not None
    assert run.environment["python"]
    assert run.context == {"callable": "tests.orchestrator.work:answer"}


@pytest.mark.skipif(sys.platform != "linux", reason="no thread may choose its core")
def test_the_machines_speed_is_read_between_iterations() -> None:
    run = run_work("naps", iterations=7, warmup=2)  # each longer than the time between two readings
    assert len(run.yardstick_ns) == 7
    assert all(reading > 0 for reading in run.yardstick_ns)


def test_the_machines_speed_is_not_read_for_what_other_processes_do() -> None:
    found = find("clock at a remote place", {"fake": fake_source}, {})
    assert run_once(found, RunSpec(3, 0)).yardstick_ns == []
    assert run_command("true").yardstick_ns == []


@pytest.mark.skipif(sys.platform != "linux", reason="no thread may choose its core")
def test_a_reading_leaves_the_thread_on_all_its_cores() -> None:
    allowed = psutil.Process().cpu_affinity()
    assert reading_beside_ns(os.getpid())
    assert reading_beside_ns(2**22 + 1) is None  # no such process
    assert psutil.Process().cpu_affinity() == allowed


def test_a_scenario_that_reads_its_input_finds_the_end() -> None:
    assert run_work("reads_input").failure is None


def test_a_result_that_changes_has_no_digest() -> None:
    assert run_work("changing").digest is None


def test_figures_that_a_callable_returns_are_further_metrics() -> None:
    assert run_work("figures", iterations=2).metrics == {"rows": [3.0, 3.0], "rate": [None, None]}


def test_what_a_scenario_prints_does_not_disturb() -> None:
    run = run_work("chatty")
    assert run.failure is None
    assert len(run.samples_ns) == 3


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("raises", "ValueError: the ledger is empty"),
        ("leaves", "SystemExit: enough"),
        ("is_killed", "killed by SIGKILL (out of memory?)"),
        ("vanishes", "ended with status 7"),
        ("missing", "cannot be imported"),
        ("BALLAST", "is not callable"),
    ],
)
def test_a_scenario_that_fails_is_a_run_with_the_reason(function: str, reason: str) -> None:
    run = run_work(function)
    assert run.failure is not None
    assert reason in run.failure
    assert run.samples_ns == []


def test_the_end_of_a_failed_workers_stderr_is_kept() -> None:
    assert "Traceback" in run_work("raises").log


def test_a_scenario_that_hangs_is_stopped() -> None:
    run = run_work("hangs", timeout_s=0.5)
    assert run.failure is not None
    assert "no sign of life for 0.5 s" in run.failure


def test_what_a_hung_scenario_started_is_stopped_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    found = Found(CommandScenario("c", "", f"sh -c 'echo $$ > {noted}; exec sleep 3600'"), "user", {})
    run = run_once(found, RunSpec(1, 0, timeout_s=2))
    assert run.failure is not None
    _wait_for_the_end_of(int(noted.read_text()))


def test_what_a_worker_that_died_started_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = tmp_path / "pid"
    monkeypatch.setenv("NOTED_PID", str(noted))
    run = run_work("vanishes_leaving_a_child")
    assert run.failure is not None
    assert "ended with status 7" in run.failure
    _wait_for_the_end_of(int(noted.read_text()))


def _wait_for_the_end_of(pid: int) -> None:
    for _ in range(100):
        if not is_running(pid):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there")


def test_memory_is_the_scenarios_alone() -> None:
    here = b"y" * 300_000_000  # the peak of this process must not be inherited
    small, large = run_work("nothing"), run_work("holds_100_mb")
    assert len(here)
    assert small.peak_rss_bytes is not None
    assert large.peak_rss_bytes is not None
    assert small.peak_rss_bytes < 60_000_000
    assert 95_000_000 < large.peak_rss_bytes - small.peak_rss_bytes < 110_000_000


def test_a_command_is_run_without_a_shell() -> None:
    run = run_command("echo ; exit 3")
    assert run.failure is None
    assert run.context == {"command": "echo ';' exit 3"}
    assert run.peak_rss_bytes is not None


@pytest.mark.parametrize(
    ("command", "reason"),
    [("false", "ended with status 1"), ("no-such-program-here", "cannot be started")],
)
def test_a_command_that_fails(command: str, reason: str) -> None:
    run = run_command(command)
    assert run.failure is not None
    assert reason in run.failure


def test_a_bot_has_one_digest_in_every_process() -> None:
    found = Found(BOTS[2], "bots", {})
    first, second = (run_once(found, RunSpec(2, 0)) for _ in range(2))
    assert first.digest is not None
    assert first.digest == second.digest


def test_the_memoised_bot_counts_its_hits() -> None:
    run = run_once(Found(BOTS[0], "bots", {}), RunSpec(5, 1, cache=True))
    assert (run.cache, run.cache_hits, run.is_cache_run) == ("on", 5, True)
    plain = run_once(Found(BOTS[0], "bots", {}), RunSpec(2, 0))
    assert (plain.cache, plain.cache_hits, plain.digest) == ("off", None, run.digest)


def test_a_session_is_set_up_and_torn_down_in_the_worker(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    run = run_once(Found(Clockwork("clock", 4, str(trace)), "fake", {}), RunSpec(3, 1))
    assert trace.read_text() == "up\ndown\n"
    assert run.samples_ns == [250_000_000] * 3
    assert run.metrics == {"gen_tok_s": [4.0] * 3}
    assert (run.peak_rss_bytes, run.context) == (123_000_000, {"speed": 4})


def test_a_set_up_that_fails_is_a_failed_run() -> None:
    run = run_once(Found(Clockwork("clock", 0, None), "fake", {}), RunSpec(3, 1))
    assert (run.failure, run.setup_exit_code) == ("the clockwork is not wound", 3)


@pytest.mark.parametrize(("cache", "bot", "clock"), [(None, True, True), (False, True, False), (True, False, True)])
def test_a_mode_asked_for_may_not_be_the_usual_one(cache: bool | None, bot: bool, clock: bool) -> None:
    assert run_once(Found(BOTS[0], "bots", {}), RunSpec(1, 0, cache)).usual is bot
    assert run_once(Found(Clockwork("clock", 4, None), "fake", {}), RunSpec(1, 0, cache)).usual is clock


def test_a_scenario_that_gives_impossible_values_is_a_failed_run() -> None:
    run = run_once(Found(Clockwork("clock", 1, None, kind="c"), "fake", {}), RunSpec(1, 0))
    assert run.failure is None
    negative = run_once(Found(Backwards("b", "", "b"), "fake", {}), RunSpec(1, 0))
    assert negative.failure is not None
    assert "samples_ns" in negative.failure


class Backwards(CommandScenario):
    def open(self, cache: bool | None):  # type: ignore[no-untyped-def]
        from contextlib import nullcontext

        return nullcontext(BackwardsSession())


class BackwardsSession:
    def iterate(self) -> object:
        from orchestrator.scenario import Sample

        return Sample(-5)

    def peak_rss_bytes(self) -> None:
        return None

    def works_itself(self) -> bool:
        return True

    def context(self) -> dict[str, str]:
        return {}


def test_a_scenario_that_cannot_travel_is_told_at_once() -> None:
    class Local(CommandScenario):
        pass

    with pytest.raises(BenchError, match="cannot be sent"):
        run_once(Found(Local("l", "", "true"), "user", {}), RunSpec(1, 0))


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    found = Found(CommandScenario("c", "", "sleep 0.06"), "user", {})
    run_once(found, RunSpec(3, 1), lambda done, total: told.append((done, total)))
    assert told
    assert all(total == 4 for _, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
