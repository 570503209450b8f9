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
from ollama_bench.watch import Watch
from tests.examples import example_trial

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


def test_a_busy_process_is_named(busy: subprocess.Popen[bytes]) -> None:
    watch = Watch(os.getpid(), None, lambda: [])
    until_used(busy.pid, 0.3)
    conditions = watch.conditions(33.0, ["b", "a"])
    assert busy.pid in [process.pid for process in conditions.other_processes]
    assert os.getpid() not in [process.pid for process in conditions.other_processes]
    assert conditions.other_cpu_percent == 33.0
    assert conditions.gpu_throttle_reasons == ("a", "b")
    assert conditions.swapped_bytes is None or conditions.swapped_bytes >= 0
    assert conditions.reason is None


def test_serving_processes_are_not_others(busy: subprocess.Popen[bytes]) -> None:
    watch = Watch(os.getpid(), None, lambda: [busy.pid])
    until_used(busy.pid, 0.3)
    assert busy.pid not in [process.pid for process in watch.conditions(None, []).other_processes]


def test_a_server_that_cannot_be_looked_at_has_no_conditions() -> None:
    assert Watch(None, "remote", lambda: []).conditions(None, []) == Conditions(reason="remote")


def test_load_beside_a_run_reaches_the_figures(busy: subprocess.Popen[bytes]) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        zero_ns = time.monotonic_ns()
        with Instruments(Located(local=True, root_pids=(server.pid,)), Gpus(), zero_ns) as instruments:
            until_used(busy.pid, 0.6)
        trial = example_trial("real", started_ns=0, end_ns=time.monotonic_ns() - zero_ns)
        observed = instruments.observed([trial])
        assert server.stdin is not None
        server.stdin.close()
    assert observed.conditions.other_cpu_percent is not None
    assert observed.conditions.other_cpu_percent > 5
    assert observed.cost is not None
    assert observed.cost.wakeups > 0
    assert observed.energy.gpu_j is not None or observed.energy.reason
