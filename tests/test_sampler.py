"""The sampler against real processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ollama_bench.sampler import Sampler, SlowReading, _linux_memory
from ollama_bench.server.client import Client
from tests.scripted_server import server_process

RUNNER_BYTES = 100_000_000

STARTS_A_CHILD_WHEN_TOLD = """
import subprocess, sys
sys.stdin.readline()
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
sys.stdin.read()
child.kill()
child.wait()
"""


@pytest.fixture
def root() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", STARTS_A_CHILD_WHEN_TOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def start_child(root: subprocess.Popen[str]) -> int:
    assert root.stdin is not None
    assert root.stdout is not None
    root.stdin.write("now\n")
    root.stdin.flush()
    return int(root.stdout.readline())


def wait_for_readings(sampler: Sampler, count: int) -> None:
    deadline_s = time.monotonic() + 10
    while len(sampler.readings) < count and time.monotonic() < deadline_s:
        time.sleep(0.01)


def peak_bytes(sampler: Sampler) -> int:
    return max(reading.rss_bytes for reading in sampler.readings if reading.rss_bytes is not None)


def test_a_child_that_starts_while_sampling_is_found_and_summed(root: subprocess.Popen[str]) -> None:
    with Sampler([root.pid], time.monotonic_ns()) as sampler:
        wait_for_readings(sampler, 1)
        child_pid = start_child(root)
        wait_for_readings(sampler, 10)
    assert set(sampler.peaks) == {root.pid, child_pid}
    assert sampler.readings[0].rss_bytes is not None
    assert sampler.readings[0].rss_bytes < peak_bytes(sampler)


def test_a_child_that_starts_just_before_the_end_is_found_by_the_last_look(root: subprocess.Popen[str]) -> None:
    with Sampler([root.pid], time.monotonic_ns()) as sampler:
        wait_for_readings(sampler, 2)
        child_pid = start_child(root)
    assert set(sampler.peaks) == {root.pid, child_pid}


def test_a_runner_is_seen_whole_while_it_lives_and_remembered_after_it() -> None:
    """The weights are in a child that comes with the load and goes with the unload: its pid is new each time."""
    with server_process(RUNNER_BYTES) as (pid, url), Client(url) as client, Sampler([pid], 0) as sampler:
        for _ in range(2):
            client.load("tiny:1b", {"num_ctx": 512}, "10m")
            wait_for_readings(sampler, len(sampler.readings) + 6)
            client.unload("tiny:1b")
            while client.loaded():
                time.sleep(0.01)
        wait_for_readings(sampler, len(sampler.readings) + 6)
        alone_bytes = sampler.readings[-1].rss_bytes
    runners = [peak for peak in sampler.peaks.values() if peak.pid != pid]
    assert len(runners) == 2
    for runner in runners:
        assert RUNNER_BYTES < runner.peak_rss_bytes < 1.3 * RUNNER_BYTES
        if sys.platform == "linux":
            assert runner.vm_hwm_bytes == pytest.approx(runner.peak_rss_bytes, rel=0.01)
    assert alone_bytes is not None
    assert alone_bytes < RUNNER_BYTES < peak_bytes(sampler)


def test_this_process_is_no_part_of_what_is_sampled() -> None:
    ballast = b"x" * 3 * RUNNER_BYTES
    with server_process(RUNNER_BYTES) as (pid, url), Client(url) as client, Sampler([pid], 0) as sampler:
        client.load("tiny:1b", {"num_ctx": 512}, "10m")
        wait_for_readings(sampler, 8)
    assert psutil.Process().pid not in sampler.peaks
    assert peak_bytes(sampler) < len(ballast)


def test_without_processes_the_machine_is_watched_all_the_same() -> None:
    with Sampler([], 0) as sampler:
        wait_for_readings(sampler, 3)
    assert {reading.rss_bytes for reading in sampler.readings} == {None}
    assert all(reading.other_cpu_s is not None for reading in sampler.readings)
    assert len(sampler.lateness_s) >= 2
    assert sampler.own_cpu_s > 0
    assert (sampler.peaks, sampler.missing) == ({}, None)


def test_a_process_that_is_gone_is_no_error_and_it_is_said() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    with Sampler([gone.pid], 0) as sampler:
        pass
    assert {reading.rss_bytes for reading in sampler.readings} == {None}
    assert sampler.missing == f"the server's process (pid {gone.pid}) ended, or may not be looked at"


def test_what_is_left_of_a_server_that_dies_is_not_the_server(root: subprocess.Popen[str]) -> None:
    with Sampler([root.pid], 0) as sampler:
        start_child(root)
        wait_for_readings(sampler, 8)
        root.kill()
        root.wait()
        wait_for_readings(sampler, len(sampler.readings) + 3)
        for orphan in [pid for pid in sampler.peaks if pid != root.pid]:
            psutil.Process(orphan).kill()
    assert sampler.readings[0].rss_bytes is not None
    assert [reading.rss_bytes for reading in sampler.readings[-2:]] == [None, None]
    assert sampler.missing is not None
    assert f"pid {root.pid}" in sampler.missing
    assert sampler.peaks[root.pid].peak_rss_bytes > 0


def test_sampling_that_breaks_off_is_told_and_ends_nothing(
    root: subprocess.Popen[str], capfd: pytest.CaptureFixture[str]
) -> None:
    def look(_pids: set[int]) -> SlowReading:
        raise OSError("the counter is gone")

    with Sampler([root.pid], 0, look) as sampler:
        pass
    assert sampler.readings == []
    assert sampler.missing == "sampling broke off (OSError: the counter is gone)"
    assert capfd.readouterr().err == ""


def test_the_last_reading_looks_at_everything(root: subprocess.Popen[str]) -> None:
    with Sampler([root.pid], 0, lambda _pids: SlowReading(gpu_j=1.0)) as sampler:
        wait_for_readings(sampler, 3)
    assert sampler.readings[0].gpu_j == sampler.readings[-1].gpu_j == 1.0
    assert sampler.readings[1].gpu_j is None


def test_the_samplers_own_cost_is_known_at_the_end(root: subprocess.Popen[str]) -> None:
    with Sampler([root.pid], 0) as sampler:
        wait_for_readings(sampler, 3)
    assert sampler.own_cpu_s > 0


def test_gpu_memory_is_asked_of_all_the_processes_together(root: subprocess.Popen[str]) -> None:
    asked: list[set[int]] = []

    def look(pids: set[int]) -> SlowReading:
        asked.append(pids)
        return SlowReading(vram_bytes=7)

    with Sampler([root.pid], 0, look) as sampler:
        child_pid = start_child(root)
        wait_for_readings(sampler, 13)
    assert asked[-1] == {root.pid, child_pid}
    assert {reading.vram_bytes for reading in sampler.readings} == {7}
    assert len(asked) < len(sampler.readings)


HELD_MORE_ONCE = """
held = b"x" * 80_000_000
del held
print(flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the mark of others")
def test_what_a_process_held_before_sampling_began_is_told_apart() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HELD_MORE_ONCE], stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        with Sampler([process.pid], 0) as sampler:
            wait_for_readings(sampler, 3)
        process.stdin.close()
    peak = sampler.peaks[process.pid]
    assert peak.vm_hwm_bytes == peak.vm_hwm_before_bytes
    assert peak.vm_hwm_bytes is not None
    assert peak.vm_hwm_bytes > 80_000_000 > peak.peak_rss_bytes > 0


def test_a_process_that_was_not_there_when_sampling_began_has_no_mark_from_before(root: subprocess.Popen[str]) -> None:
    with Sampler([root.pid], 0) as sampler:
        child_pid = start_child(root)
        wait_for_readings(sampler, 13)
    assert sampler.peaks[child_pid].vm_hwm_before_bytes is None


@pytest.mark.parametrize(
    ("status", "memory"),
    [
        ("Name:\ta\nVmHWM:\t  90 kB\nVmRSS:\t  80 kB\n", ("a", 80 * 1024, 90 * 1024)),
        ("Name:\ta\nState:\tS\nVmSize:\t 100 kB\nVmRSS:\t  80 kB\n", ("a", 80 * 1024, None)),  # gVisor
        ("Name:\ta\nState:\tZ (zombie)\n", None),
        ("Name:\ta\nState:\tZ (zombie)\nVmRSS:\t0 kB\n", None),
    ],
)
def test_a_process_is_there_while_it_holds_memory(
    tmp_path: Path, status: str, memory: tuple[str, int, int | None] | None
) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text(status)
    assert _linux_memory(7, tmp_path) == memory


BECOMES_ANOTHER = """
import os, sys
held = b"x" * 80_000_000
print(flush=True)
sys.stdin.readline()
os.execv(sys.executable, [sys.executable, "-S", "-c", "print(flush=True); input()"])
"""


def test_what_a_process_held_before_it_became_its_program_is_not_that_programs_peak() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", BECOMES_ANOTHER], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        with Sampler([process.pid], 0) as sampler:
            wait_for_readings(sampler, 2)
            assert sampler.peaks[process.pid].peak_rss_bytes > 80_000_000
            process.stdin.write("go\n")
            process.stdin.flush()
            process.stdout.readline()
            wait_for_readings(sampler, len(sampler.readings) + 2)
        process.stdin.close()
    peak = sampler.peaks[process.pid]
    assert peak.vm_hwm_bytes is not None
    assert peak.peak_rss_bytes <= peak.vm_hwm_bytes < 80_000_000
