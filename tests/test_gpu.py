"""GPUs as NVML tells of them: the real bindings on a library of our own that answers as each test has it."""

import ctypes
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND
from tests.nvml_stub import DRIVER_NOT_LOADED, GPU_IS_LOST, LIBRARY, NO_PERMISSION, NOT_SUPPORTED, Nvml, probe
from tests.scripted_server import server_process

T4 = {"driver": "550.54", "count": 1, "name0": "NVIDIA T4", "memory0": 16_000_000_000, "free0": 9_000_000_000}
T4_TOLD = {"name": "NVIDIA T4", "memory_bytes": 16_000_000_000, "free_bytes": 9_000_000_000, "driver": "550.54"}
TWO = T4 | {"count": 2, "name1": "NVIDIA L4", "memory1": 24_000_000_000}
QUESTIONS = (
    "gpus.devices",
    "gpus.used_by({41, 42})",
    "gpus.holders({41, 42})",
    "gpus.energy_j()",
    "gpus.throttle_reasons(set())",
    "meter.read({41, 42})",
)


@pytest.fixture
def nvml(tmp_path: Path) -> Nvml:
    return Nvml(tmp_path)


def test_one_gpu(nvml: Nvml) -> None:
    nvml.answers(**T4, compute0="41:500 7:90", energy0=1_234_567, reasons0=0)
    with nvml.probe() as ask:
        assert ask("gpus.devices") == [T4_TOLD]
        assert ask("gpus.reason") is None
        assert ask("gpus.used_by({41, 42})") == 500
        assert ask("gpus.holders({41, 42})") == [0]
        assert ask("gpus.energy_j()") == [1234.567]
        assert ask("gpus.throttle_reasons(set())") == []


def test_two_gpus(nvml: Nvml) -> None:
    nvml.answers(**TWO, compute0="7:90 41:500", compute1="41:30 42:1", energy0=1000, energy1=2000)
    with nvml.probe() as ask:
        assert [gpu["name"] for gpu in ask("gpus.devices")] == ["NVIDIA T4", "NVIDIA L4"]
        assert ask("gpus.used_by({41, 42})") == 531
        assert [ask(f"gpus.holders({pids})") for pids in ({41}, {42}, {7}, {41, 42})] == [[0, 1], [1], [0], [0, 1]]
        assert ask("gpus.energy_j()") == [1.0, 2.0]


def test_a_process_in_both_lists_is_counted_once(nvml: Nvml) -> None:
    nvml.answers(**T4, compute0="41:500", graphics0="41:500 42:20 43:-")
    with nvml.probe() as ask:
        assert ask("gpus.used_by({41})") == 500
        assert ask("gpus.used_by({41, 42, 43})") == 520
    nvml.answers(**T4, compute0="41:500", graphics0="41:-")
    with nvml.probe() as ask:
        assert ask("gpus.used_by({41})") == 500


def test_more_processes_than_anyone_would_expect(nvml: Nvml) -> None:
    nvml.answers(**T4, compute0=" ".join(f"{pid}:1" for pid in range(1, 300)))
    with nvml.probe() as ask:
        assert ask("gpus.used_by(set(range(1000)))") == 299


def test_without_a_gpu_nothing_is_known_and_it_is_said_why(nvml: Nvml) -> None:
    nvml.answers(count=0)
    with nvml.probe() as ask:
        assert [ask(question) for question in QUESTIONS[:-1]] == [[], None, None, [], []]
        assert ask("gpus.reason") == "no GPU that this user may use"


@pytest.mark.parametrize(
    ("init", "reason"),
    [
        (DRIVER_NOT_LOADED, "driver not loaded"),
        (NO_PERMISSION, "insufficient permissions"),
        ("!18", "rm has detected an nvml/rm version mismatch"),
        ("!77", "stub error 77"),
    ],
)
def test_a_driver_that_does_not_open(nvml: Nvml, init: str, reason: str) -> None:
    nvml.answers(**T4, init=init)
    with nvml.probe() as ask:
        assert ask("gpus.reason") == reason
        assert [ask(question) for question in QUESTIONS[:-1]] == [[], None, None, [], []]


def test_a_library_that_is_none(tmp_path: Path) -> None:
    (tmp_path / LIBRARY).write_text("this is no library")
    with probe(os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}) as ask:
        assert ask("gpus.reason") == "no NVIDIA driver (its library cannot be loaded)"
        assert ask("gpus.used_by({41})") is None


def test_no_library_at_all(tmp_path: Path) -> None:
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        with probe(os.environ | {"LD_LIBRARY_PATH": str(tmp_path)}) as ask:
            assert ask("gpus.reason") == "no NVIDIA driver (its library cannot be loaded)"
            assert ask("gpus.devices") == []
    else:
        pytest.skip("there is an NVIDIA driver on this machine")


def test_a_device_that_says_nothing_of_itself(nvml: Nvml) -> None:
    nvml.answers(count=1, compute0=NOT_SUPPORTED, graphics0=NOT_SUPPORTED)
    with nvml.probe() as ask:
        assert ask("gpus.devices") == [{"name": "NVIDIA GPU", "memory_bytes": None, "free_bytes": None, "driver": None}]
        assert [ask(question) for question in QUESTIONS[1:-1]] == [None, None, [None], []]


def test_a_name_that_is_no_text(nvml: Nvml, tmp_path: Path) -> None:
    (tmp_path / "answers").write_bytes(b"count 1\nname0 \xff\xfe\n")
    with nvml.probe() as ask:
        assert ask("gpus.devices[0].name") == "NVIDIA GPU"


def test_memory_by_process_is_not_told(nvml: Nvml) -> None:
    """As on WSL: the process is named, its memory is not."""
    nvml.answers(**T4, compute0="41:-")
    with nvml.probe() as ask:
        assert ask("gpus.used_by({41})") is None
        assert ask("gpus.holders({41})") == [0]


def test_a_process_that_vanishes(nvml: Nvml) -> None:
    with_it = T4 | {"compute0": "41:500 7:90"}
    nvml.answers(**with_it)
    with nvml.probe() as ask:
        assert ask("gpus.used_by({41})") == 500
        nvml.answers(**with_it | {"compute0": "41:- 7:90"})
        assert ask("gpus.used_by({41})") is None
        nvml.answers(**with_it | {"compute0": "7:90"})
        assert ask("gpus.used_by({41})") is None
        assert ask("gpus.holders({41})") is None
        nvml.answers(**with_it | {"compute0": "7:90 41:20"})
        assert ask("gpus.used_by({41})") == 20


def test_a_device_that_this_user_may_not_use_is_left_out(nvml: Nvml) -> None:
    nvml.answers(**TWO, handle0=NO_PERMISSION, compute0="41:500", compute1="41:30", energy0=1000, energy1=2000)
    with nvml.probe() as ask:
        assert [gpu["name"] for gpu in ask("gpus.devices")] == ["NVIDIA L4"]
        assert ask("gpus.used_by({41})") == 30
        assert ask("gpus.holders({41})") == [0]
        assert ask("gpus.energy_j()") == [2.0]


def test_a_device_whose_processes_may_not_be_seen(nvml: Nvml) -> None:
    nvml.answers(**TWO, compute0=NO_PERMISSION, graphics0=NO_PERMISSION, compute1="41:30")
    with nvml.probe() as ask:
        assert ask("gpus.used_by({41})") == 30
        assert ask("gpus.holders({41})") == [1]


def test_a_gpu_that_is_lost_on_the_way_raises_nothing(nvml: Nvml) -> None:
    nvml.answers(**T4, compute0="41:500", energy0=1000, reasons0=4)
    with nvml.probe() as ask:
        before = [ask(question) for question in QUESTIONS]
        lost = dict.fromkeys(("compute0", "graphics0", "energy0", "reasons0", "shutdown"), GPU_IS_LOST)
        nvml.answers(**T4 | lost)
        assert [ask(question) for question in QUESTIONS[1:]] == [None, None, [None], [], before[-1]]


def test_what_throttles_is_named_and_what_is_only_a_wish_is_not(nvml: Nvml) -> None:
    with_reasons = TWO | {"reasons0": 0x1 | 0x2 | 0x10 | 0x100, "reasons1": 0}
    nvml.answers(**with_reasons)
    with nvml.probe() as ask:
        assert ask("gpus.throttle_reasons(set())") == []
        for bits, name in {
            0x04: "power cap",
            0x08: "hardware slowdown",
            0x20: "software thermal slowdown",
            0x40: "hardware thermal slowdown",
            0x80: "power brake",
        }.items():
            nvml.answers(**with_reasons | {"reasons1": bits})
            assert ask("gpus.throttle_reasons(set())") == [name]
        nvml.answers(**with_reasons | {"reasons0": 0x04 | 0x01, "reasons1": 0x40})
        assert ask("gpus.throttle_reasons(set())") == ["power cap", "hardware thermal slowdown"]
        nvml.answers(**with_reasons | {"reasons0": NOT_SUPPORTED, "reasons1": 0x80})
        assert ask("gpus.throttle_reasons(set())") == ["power brake"]


def test_an_older_driver_knows_older_questions(tmp_path: Path) -> None:
    nvml = Nvml(tmp_path, old_driver=True)
    nvml.answers(**T4, compute0="41:500", graphics0="42:20", reasons0=0x40)
    with nvml.probe() as ask:
        assert ask("gpus.used_by({41, 42})") == 520
        assert ask("gpus.holders({42})") == [0]
        assert ask("gpus.throttle_reasons(set())") == ["hardware thermal slowdown"]


@pytest.mark.parametrize(("listed", "vram"), [(True, (500_000_000, "nvml")), (False, (0, "api_ps"))])
def test_a_run_takes_its_memory_from_nvml_where_it_is_told(
    nvml: Nvml, workspace: Path, listed: bool, vram: tuple[int, str]
) -> None:
    with server_process(runner_bytes=1_000_000) as (pid, url):
        nvml.answers(**T4, compute0=f"7:90 {pid if listed else 7}:500000000")
        command = [*COMMAND, "run", "tiny:1b", "--host", url, "--json", "--no-quality"]
        done = subprocess.run(command, env=nvml.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["hardware"]["gpus"] == [T4_TOLD]
    assert result["hardware"]["label"].endswith("NVIDIA T4 15 GiB")
    assert (result["resources"]["peak_vram_bytes"], result["resources"]["vram_source"]) == vram
