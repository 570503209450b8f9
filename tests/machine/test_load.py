"""Who uses the CPU: pure cases, trees as Linux lays them out, and real processes."""

import mmap
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ollama_bench.machine.load import (
    BusyProcess,
    Identity,
    ProcessCpu,
    busiest,
    cpu_by_process,
    steal_s,
    swap_used_bytes,
    swapped_bytes,
)


def look(*processes: tuple[int, float, str, float]) -> dict[Identity, ProcessCpu]:
    """What cpu_by_process gives, from (pid, created, name, cpu_s)."""
    return {(pid, created): ProcessCpu(pid, name, cpu_s) for pid, created, name, cpu_s in processes}


def test_the_busiest_come_first_in_per_cent_of_one_core() -> None:
    before = look((1, 10, "idle", 5.0), (2, 10, "compiler", 100.0), (3, 10, "browser", 50.0))
    after = look((1, 10, "idle", 5.01), (2, 10, "compiler", 103.0), (3, 10, "browser", 50.5))

    assert busiest(before, after, 2.0, ()) == [BusyProcess(2, "compiler", 150.0), BusyProcess(3, "browser", 25.0)]


def test_those_excluded_and_those_below_the_limit_are_left_out() -> None:
    before = look((1, 10, "server", 0.0), (2, 10, "editor", 0.0))
    after = look((1, 10, "server", 2.0), (2, 10, "editor", 0.25))

    assert busiest(before, after, 2.0, {1}) == [BusyProcess(2, "editor", 12.5)]
    assert busiest(before, after, 2.0, {1}, at_least_percent=20) == []


def test_one_that_was_made_in_between_counts_from_its_birth_even_under_a_pid_used_before() -> None:
    before = look((7, 10, "old", 500.0))
    after = look((7, 99, "new", 0.5))

    assert busiest(before, after, 1.0, ()) == [BusyProcess(7, "new", 50.0)]


def test_without_time_nothing_can_be_said() -> None:
    assert busiest({}, look((1, 10, "x", 5.0)), 0.0, ()) == []


def test_a_name_may_hold_brackets_blanks_and_line_ends(tmp_path: Path) -> None:
    fields = ["S", *["0"] * 10, "300", "200", *["0"] * 6, "5000", *["0"] * 30]
    for pid, name in ((12, b"a) R 1 1 (b\n"), (13, b"\xff\xfe")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_bytes(b"%d (%b) %b\n" % (pid, name, " ".join(fields).encode()))
    (tmp_path / "14").mkdir()  # it has ended
    (tmp_path / "15").mkdir()
    (tmp_path / "15" / "stat").write_text("15 (broken) S 1")

    ticks = os.sysconf("SC_CLK_TCK")
    assert cpu_by_process(tmp_path) == {
        (12, 5000 / ticks): ProcessCpu(12, "a) R 1 1 (b\n", 500 / ticks),
        (13, 5000 / ticks): ProcessCpu(13, "\ufffd\ufffd", 500 / ticks),
    }


def test_where_there_is_no_proc_psutil_tells(tmp_path: Path) -> None:
    own = {pid: process for (pid, _), process in cpu_by_process(tmp_path).items()}[os.getpid()]

    assert own.name == psutil.Process().name()
    assert 0 < own.cpu_s <= sum(os.times()[:2])


def test_own_cpu_time_agrees_with_the_systems_own_account() -> None:
    least_s = sum(os.times()[:2])
    own = {pid: process for (pid, _), process in cpu_by_process().items()}[os.getpid()]

    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    assert least_s - 2 * tick_s <= own.cpu_s <= sum(os.times()[:2]) + 2 * tick_s


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux only")
def test_all_processes_are_seen_with_an_identity_that_stays() -> None:
    first, second = cpu_by_process(), cpu_by_process()

    assert {os.getpid(), os.getppid()} <= {pid for pid, _ in first}
    assert len(first.keys() & second.keys()) > 1
    assert len({pid for pid, _ in first}) == len(first)


def test_a_busy_child_is_named() -> None:
    before, began_s = cpu_by_process(), time.monotonic()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        try:
            wait_for_cpu(child.pid, 0.5)
            after, elapsed_s = cpu_by_process(), time.monotonic() - began_s
        finally:
            child.kill()

    found = {process.pid: process for process in busiest(before, after, elapsed_s, (), at_least_percent=0.1)}

    assert found[child.pid].name.startswith("python")
    assert found[child.pid].cpu_percent >= 100 * 0.5 / elapsed_s
    assert busiest(before, after, elapsed_s, set(found)) == []


def wait_for_cpu(pid: int, cpu_s: float) -> None:
    """Until the process has used so much."""
    deadline_s = time.monotonic() + 30
    while sum(psutil.Process(pid).cpu_times()[:2]) < cpu_s:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_swapping_is_counted_in_bytes_both_ways(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("nr_free_pages 5\npswpin 3\npswpout 4\n")
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nSwapTotal:       2048 kB\nSwapFree:        1024 kB\n")

    assert swapped_bytes(tmp_path) == 7 * mmap.PAGESIZE
    assert swap_used_bytes(tmp_path) == 1024 * 1024


@pytest.mark.skipif(not psutil.LINUX, reason="Linux only")
def test_what_linux_does_not_tell_is_none(tmp_path: Path) -> None:
    assert swapped_bytes(tmp_path) is None
    assert swap_used_bytes(tmp_path) is None


def test_macos_counts_pages_of_files_as_swapped_and_so_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "LINUX", False)
    monkeypatch.setattr(psutil, "MACOS", True)
    assert swapped_bytes(tmp_path) is None


def test_the_idle_process_of_windows_is_not_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    idle = SimpleNamespace(pid=0, info={"name": "System Idle Process", "cpu_times": Times(), "create_time": 0.0})
    real = SimpleNamespace(pid=4, info={"name": "System", "cpu_times": Times(), "create_time": 0.0})
    monkeypatch.setattr(psutil, "process_iter", lambda _attributes: iter([idle, real]))
    assert [pid for pid, _ in cpu_by_process(tmp_path)] == [0, 4]
    monkeypatch.setattr(psutil, "WINDOWS", True)
    assert [pid for pid, _ in cpu_by_process(tmp_path)] == [4]


class Times:
    user, system = 90.0, 9.0


def test_this_machine_is_read_without_an_error() -> None:
    assert (swapped_bytes() or 0) >= 0
    assert (swap_used_bytes() or 0) >= 0
    assert (steal_s() or 0) >= 0
