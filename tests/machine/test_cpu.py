"""Governor, turbo, throttling and battery from trees as Linux lays them out."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ollama_bench.machine import cpu

CPUS = "devices/system/cpu"


def write(folder: Path, **files: object) -> None:
    """Files of a kernel's tree; `__` in a name stands for a folder."""
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")


def test_each_governor_is_named_once(tmp_path: Path) -> None:
    for number, governor in enumerate(("powersave", "performance", "powersave")):
        write(tmp_path / CPUS / f"cpu{number}", cpufreq__scaling_governor=governor)
    (tmp_path / CPUS / "cpufreq").mkdir()

    assert cpu.governors(tmp_path) == ("performance", "powersave")


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({"intel_pstate__no_turbo": 0}, True),
        ({"intel_pstate__no_turbo": 1, "cpufreq__boost": 1}, False),
        ({"cpufreq__boost": 1}, True),
        ({"cpufreq__boost": 0}, False),
        ({"cpufreq__boost": "not a number"}, None),
        ({}, None),
    ],
)
def test_turbo_by_either_driver(tmp_path: Path, files: dict[str, object], turbo: bool | None) -> None:
    write(tmp_path / CPUS, **files)

    assert cpu.turbo(tmp_path) is turbo


def test_throttling_counts_cores_and_each_package_once(tmp_path: Path) -> None:
    for number, (core, package, package_count) in enumerate([(3, 0, 10), (4, 0, 10), (5, 1, 20)]):
        write(
            tmp_path / CPUS / f"cpu{number}",
            thermal_throttle__core_throttle_count=core,
            thermal_throttle__package_throttle_count=package_count,
            topology__physical_package_id=package,
        )

    assert cpu.throttle_count(tmp_path) == 3 + 4 + 5 + 10 + 20


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ({}, False),
        ({"AC": ("Mains", "", ""), "BAT0": ("Battery", "Charging", "System")}, False),
        ({"AC": ("Mains", "", ""), "BAT0": ("Battery", "Discharging", "")}, True),
        ({"hidpp_battery_0": ("Battery", "Discharging", "Device")}, False),
    ],
)
def test_a_battery_counts_when_it_feeds_the_machine(
    tmp_path: Path, supplies: dict[str, tuple[str, str, str]], on_battery: bool
) -> None:
    (tmp_path / "class/power_supply").mkdir(parents=True)
    for name, (kind, status, scope) in supplies.items():
        write(tmp_path / "class/power_supply" / name, type=kind, status=status, scope=scope)

    assert cpu.battery(tmp_path) is on_battery


def test_what_the_system_does_not_tell_is_none(tmp_path: Path) -> None:
    assert cpu.governors(tmp_path) is None
    assert cpu.turbo(tmp_path) is None
    assert cpu.throttle_count(tmp_path) is None


def test_this_machine_is_read_without_an_error() -> None:
    assert cpu.governors() != ()
    assert cpu.throttle_count() is None or cpu.throttle_count() >= 0  # type: ignore[operator]
    assert cpu.turbo() in (True, False, None)
    assert cpu.battery() in (True, False, None)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
def test_a_process_that_is_bound_to_a_core_may_run_on_that_one() -> None:
    core = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, [{core}]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert cpu.allowed_cores(process.pid) == 1
        process.communicate(b"\n")
    assert cpu.allowed_cores(process.pid) is None


def test_where_the_system_does_not_tell_on_which_cores_a_process_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil.Process, "cpu_affinity", raising=False)
    assert cpu.allowed_cores() is None
