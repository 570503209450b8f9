"""What else went on beside a run: a real busy process is named, the serving ones and this tool are not."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ollama_bench.gpu import Gpus
from ollama_bench.instruments import Instruments
from ollama_bench.observed import Conditions
from ollama_bench.server.locate import Located
from ollama_bench.trial import LoadedModel
from ollama_bench.watch import Watch
from tests.examples import SECOND_NS, example_trial

SPIN = "import sys\nsys.stdout.write('.')\nsys.stdout.flush()\nwhile True: pass"


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        try:
            yield process
        finally:
            process.kill()


def until_used(pid: int, cpu_s: float) -> None:
    import psutil

    start = sum(psutil.Process(pid).cpu_times()[:2])
    while sum(psutil.Process(pid).cpu_times()[:2]) - start < cpu_s:
        time.sleep(0.02)


HERE = Located(local=True, root_pids=(os.getpid(),))
HIDDEN = Located(local=True, reason="the process on port 11434 may not be seen by this user")
ELSEWHERE = Located(local=False, reason="remote")


def named(conditions: Conditions) -> list[int]:
    return [process.pid for process in conditions.other_processes]


def test_a_busy_process_is_named(busy: subprocess.Popen[bytes]) -> None:
    watch = Watch(HERE, lambda: [])
    until_used(busy.pid, 0.3)
    conditions = watch.conditions(33.0, ["b", "a"])
    assert busy.pid in named(conditions)
    assert os.getpid() not in named(conditions)
    assert (conditions.other_cpu_percent, conditions.other_cpu_reason) == (33.0, None)
    assert conditions.gpu_throttle_reasons == ("a", "b")
    assert conditions.swapped_bytes is None or conditions.swapped_bytes >= 0
    assert conditions.reason is None


def test_a_busy_process_that_ended_before_the_run_did_is_named(
    busy: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ollama_bench.watch.LOOK_EVERY_S", 0.0)
    watch = Watch(HERE, lambda: [])
    until_used(busy.pid, 0.3)
    watch.look()
    busy.kill()
    busy.wait()
    assert busy.pid in named(watch.conditions(33.0, []))


def test_processes_are_looked_at_now_and_then_only(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    watch = Watch(HERE, lambda: [])
    monkeypatch.setattr("ollama_bench.watch.cpu_by_process", lambda: looks.append(1) or {})
    for _ in range(100):
        watch.look()
    assert len(looks) <= 1  # a second is long: it may pass once


def test_serving_processes_are_not_others(busy: subprocess.Popen[bytes]) -> None:
    watch = Watch(HERE, lambda: [busy.pid])
    until_used(busy.pid, 0.3)
    assert busy.pid not in named(watch.conditions(None, []))


def test_of_a_server_elsewhere_this_machines_load_is_told_and_not_that_machines_state(
    busy: subprocess.Popen[bytes],
) -> None:
    watch = Watch(ELSEWHERE, lambda: [])
    until_used(busy.pid, 0.3)
    conditions = watch.conditions(33.0, [])
    assert busy.pid in named(conditions)
    assert (conditions.other_cpu_percent, conditions.reason) == (33.0, "remote")
    state = (conditions.governors, conditions.swapped_bytes, conditions.throttle_events, conditions.cgroup_throttled_s)
    assert state == (None,) * 4


def test_a_server_that_may_not_be_looked_at_cannot_be_told_from_other_load(busy: subprocess.Popen[bytes]) -> None:
    watch = Watch(HIDDEN, lambda: [])
    until_used(busy.pid, 0.3)
    conditions = watch.conditions(33.0, [])
    assert (conditions.other_cpu_percent, conditions.other_processes) == (None, ())
    assert conditions.other_cpu_reason == f"what the server uses cannot be told from it: {HIDDEN.reason}"
    assert conditions.reason is None


def test_load_of_which_no_process_gives_account_is_told_and_that_of_a_phase_kept(
    busy: subprocess.Popen[bytes],
) -> None:
    watch = Watch(HERE, lambda: [])
    until_used(busy.pid, 0.3)
    conditions = watch.conditions(33.0, [], by_phase={"warm": 90.0}, of_all_percent=10_000.0)
    assert conditions.other_unnamed_percent is not None
    assert conditions.other_unnamed_percent <= 10_000.0 - next(p.cpu_percent for p in conditions.other_processes)
    assert conditions.other_cpu_percent_by_phase == {"warm": 90.0}
    hidden = Watch(HIDDEN, lambda: []).conditions(33.0, [], by_phase={"warm": 90.0}, of_all_percent=40.0)
    assert (hidden.other_unnamed_percent, hidden.other_cpu_percent_by_phase) == (None, {})


@pytest.mark.parametrize(("told", "kept"), [(0.4, 0.4), (-3.0, 0.0), (-10.1, None), (None, None)])
def test_less_than_nothing_is_noise_or_not_known(told: float | None, kept: float | None) -> None:
    conditions = Watch(HERE, lambda: []).conditions(told, [])
    assert conditions.other_cpu_percent == kept
    assert (conditions.other_cpu_reason is None) is (kept is not None)


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_run_against_another_machine_has_its_load_its_cost_and_its_lateness(busy: subprocess.Popen[bytes]) -> None:
    zero_ns = time.monotonic_ns()
    with Instruments(ELSEWHERE, Gpus(), zero_ns) as instruments:
        until_used(busy.pid, 0.6)
    trial = example_trial("real", started_ns=0, end_ns=time.monotonic_ns() - zero_ns)
    observed = instruments.observed([trial])
    assert observed.conditions.other_cpu_percent is not None
    assert observed.conditions.other_cpu_percent > 5
    assert observed.cost is not None
    assert observed.cost.wakeups > 0
    assert observed.cost.sampler_cpu_percent
    assert (observed.resources.peak_rss_bytes, observed.resources.reason) == (None, "remote")
    assert (observed.energy.gpu_reason, observed.energy.cpu_reason) == ("remote", "remote")


@pytest.mark.parametrize(("size_vram_bytes", "told"), [(0, ()), (10**9, ("hardware slowdown",))])
def test_a_gpu_that_the_model_is_not_on_throttles_nothing(
    server: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, size_vram_bytes: int, told: tuple[str, ...]
) -> None:
    """NVML names no holder of a GPU that nobody uses, as it does in a container: all are looked at then."""
    monkeypatch.setattr(Gpus, "throttle_reasons", lambda _self, _pids: ("hardware slowdown",))
    zero_ns = time.monotonic_ns()
    with Instruments(Located(local=True, root_pids=(server.pid,)), Gpus(), zero_ns) as instruments:
        time.sleep(0.2)
    loaded = LoadedModel(name="m", size_vram_bytes=size_vram_bytes)
    trial = example_trial("real", started_ns=0, end_ns=5 * SECOND_NS, loaded_before=loaded)
    assert instruments.observed([trial]).conditions.gpu_throttle_reasons == told


def test_a_server_that_is_restarted_on_the_way_leaves_a_gap(server: subprocess.Popen[bytes]) -> None:
    zero_ns = time.monotonic_ns()
    with Instruments(Located(local=True, root_pids=(server.pid,)), Gpus(), zero_ns) as instruments:
        time.sleep(0.3)
        server.kill()
        server.wait()
    trial = example_trial("real", started_ns=0, end_ns=5 * SECOND_NS)
    resources = instruments.observed([trial]).resources
    assert resources.peak_rss_bytes is not None
    assert resources.unsampled_s is not None
    assert resources.unsampled_s > 4
    assert f"pid {server.pid}" in (resources.reason or "")


def test_load_beside_a_run_reaches_the_figures(busy: subprocess.Popen[bytes], server: subprocess.Popen[bytes]) -> None:
    zero_ns = time.monotonic_ns()
    with Instruments(Located(local=True, root_pids=(server.pid,)), Gpus(), zero_ns) as instruments:
        until_used(busy.pid, 0.6)
    trial = example_trial("real", started_ns=0, end_ns=time.monotonic_ns() - zero_ns)
    observed = instruments.observed([trial])
    assert observed.conditions.other_cpu_percent is not None
    assert observed.conditions.other_cpu_percent > 5
    assert set(observed.conditions.other_cpu_percent_by_phase) == {"real"}
    assert observed.cost is not None
    assert observed.cost.wakeups > 0
    assert observed.energy.gpu_j is not None or observed.energy.gpu_reason
