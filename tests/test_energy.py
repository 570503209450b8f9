"""Energy: RAPL from real files that look as Linux has them, GPUs from the real bindings on a library of our own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ollama_bench.energy import EnergyMeter
from ollama_bench.gpu import Gpus
from tests.nvml_stub import DRIVER_NOT_LOADED, NOT_SUPPORTED, Nvml

# --- CPU packages

RANGE_UJ = 262_143_328_850
Domain = Callable[..., Path]


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    (tmp_path / "powercap").mkdir()
    return tmp_path / "powercap"


@pytest.fixture
def domain(powercap: Path, tmp_path: Path) -> Domain:
    """Makes a domain: a folder elsewhere with a link to it in `powercap`, as in /sys."""

    def make(folder: str, name: str, energy_uj: int) -> Path:
        path = tmp_path / "devices" / folder
        path.mkdir(parents=True)
        (path / "name").write_text(f"{name}\n")
        (path / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
        (path / "energy_uj").write_text(f"{energy_uj}\n")
        (powercap / folder).symlink_to(path)
        return path / "energy_uj"

    return make


def cpu_j(meter: EnergyMeter) -> float | None:
    return meter.read(set()).cpu_j


def test_a_package_from_the_start_of_the_meter_on(powercap: Path, domain: Domain) -> None:
    (powercap / "intel-rapl").mkdir()
    energy = domain("intel-rapl:0", "package-0", 5_000_000)
    meter = EnergyMeter(Gpus(), powercap)
    assert (meter.gpu_reason, meter.cpu_reason) == ("no GPU", None)
    assert cpu_j(meter) == 0
    energy.write_text("7500000\n")
    assert cpu_j(meter) == pytest.approx(2.5)
    assert cpu_j(meter) == pytest.approx(2.5)
    energy.write_text("8500000\n")
    assert cpu_j(meter) == pytest.approx(3.5)
    assert meter.read({1}).gpu_j is None


def test_packages_are_summed_and_what_is_in_them_or_around_them_is_not(powercap: Path, domain: Domain) -> None:
    packages = [
        domain("intel-rapl:0", "package-0", 0),
        domain("intel-rapl:1", "package-1", 0),
        domain("intel-rapl:2", "package-0-die-1", 0),
    ]
    others = [
        domain("intel-rapl:0:0", "core", 0),
        domain("intel-rapl:0:1", "dram", 0),
        domain("intel-rapl:1:0", "package-of-its-own", 0),
        domain("intel-rapl:3", "psys", 0),
        domain("intel-rapl-mmio:0", "package-0", 0),
        domain("dtpm:0", "package-0", 0),
    ]
    meter = EnergyMeter(Gpus(), powercap)
    for energy in packages:
        energy.write_text("1000000\n")
    for energy in others:
        energy.write_text("900000000\n")
    assert cpu_j(meter) == pytest.approx(3.0)


def test_a_counter_that_begins_again(powercap: Path, domain: Domain) -> None:
    energy = domain("intel-rapl:0", "package-0", RANGE_UJ - 2_000_000)
    meter = EnergyMeter(Gpus(), powercap)
    energy.write_text("3000000\n")
    assert cpu_j(meter) == pytest.approx(5.0)
    energy.write_text(f"{RANGE_UJ}\n")
    energy.write_text("1000000\n")
    assert cpu_j(meter) == pytest.approx(5.0 + RANGE_UJ / 1e6 - 2.0)


def test_a_counter_that_cannot_be_read_for_a_while_loses_nothing(powercap: Path, domain: Domain) -> None:
    energy = domain("intel-rapl:0", "package-0", 0)
    meter = EnergyMeter(Gpus(), powercap)
    energy.write_text("1000000\n")
    assert cpu_j(meter) == pytest.approx(1.0)
    energy.unlink()
    assert cpu_j(meter) == pytest.approx(1.0)
    energy.write_text("no number\n")
    assert cpu_j(meter) == pytest.approx(1.0)
    energy.write_text("4000000\n")
    assert cpu_j(meter) == pytest.approx(4.0)


def assert_no_source(meter: EnergyMeter, rapl: str) -> None:
    assert (meter.gpu_reason, meter.cpu_reason) == ("no GPU", rapl)
    reading = meter.read({1})
    assert (reading.gpu_j, reading.cpu_j) == (None, None)


def test_part_of_the_packages_is_none(powercap: Path, domain: Domain) -> None:
    domain("intel-rapl:0", "package-0", 0)
    energy = domain("intel-rapl:1", "package-1", 0)
    energy.unlink()
    energy.mkdir()
    assert_no_source(EnergyMeter(Gpus(), powercap), f"{powercap / 'intel-rapl:1' / 'energy_uj'}: Is a directory")


def test_a_counter_for_root_only(powercap: Path, domain: Domain) -> None:
    energy = domain("intel-rapl:0", "package-0", 0)
    energy.chmod(0)
    try:
        energy.read_bytes()
    except PermissionError:
        file = powercap / "intel-rapl:0" / "energy_uj"
        why = f"{file} is not readable by this user (root only since kernel 5.10)"
        assert_no_source(EnergyMeter(Gpus(), powercap), why)
    else:
        pytest.skip("this user may read everything")


def test_no_powercap_and_nothing_in_it(powercap: Path) -> None:
    assert_no_source(EnergyMeter(Gpus(), powercap), f"no CPU package in {powercap}")
    assert_no_source(EnergyMeter(Gpus(), powercap / "none"), f"{powercap / 'none'}: No such file or directory")


# --- GPUs


@pytest.fixture
def nvml(tmp_path: Path) -> Nvml:
    return Nvml(tmp_path)


def gpus(energy0: object, energy1: object, **processes: object) -> dict[str, object]:
    """What NVML says of two GPUs, in millijoules."""
    return {"count": 2, "energy0": energy0, "energy1": energy1} | processes


def test_energy_is_that_of_the_gpus_that_serve_the_model(nvml: Nvml) -> None:
    nvml.answers(**gpus(1_000_000, 2_000_000, compute0="41:500", compute1="7:90"))
    with nvml.probe() as ask:
        assert ask("meter.gpu_reason") is None
        assert ask("meter.read({41})") == {"gpu_j": 0.0, "cpu_j": None}
        nvml.answers(**gpus(1_003_000, 2_500_000, compute0="41:500", compute1="7:90"))
        assert ask("meter.read({41}).gpu_j") == 3.0
        nvml.answers(**gpus(1_004_000, 2_600_000, compute1="7:90"))  # unloaded: that of before
        assert ask("meter.read({41}).gpu_j") == 4.0
        nvml.answers(**gpus(1_005_000, 2_610_000, compute0="41:500", compute1="41:90"))
        assert ask("meter.read({41}).gpu_j") == 5.0 + 610.0  # a GPU that serves counts from the start


def test_all_gpus_count_as_long_as_nvml_names_none(nvml: Nvml) -> None:
    nvml.answers(**gpus(0, 0))
    with nvml.probe() as ask:
        nvml.answers(**gpus(1_000, 2_000))
        assert ask("meter.read({41}).gpu_j") == 3.0
        nvml.answers(**gpus(2_000, 9_000, compute0="41:500"))
        assert ask("meter.read({41}).gpu_j") == 2.0  # the idle one was never in what the model took


def test_a_gpu_that_does_not_answer_for_a_while_or_begins_again(nvml: Nvml) -> None:
    nvml.answers(count=1, energy0=5_000)
    with nvml.probe() as ask:
        nvml.answers(count=1, energy0=NOT_SUPPORTED)
        assert ask("meter.read({41}).gpu_j") == 0.0
        nvml.answers(count=1, energy0=7_000)
        assert ask("meter.read({41}).gpu_j") == 2.0
        nvml.answers(count=1, energy0=500)
        assert ask("meter.read({41}).gpu_j") == 2.0
        nvml.answers(count=1, energy0=1_500)
        assert ask("meter.read({41}).gpu_j") == 3.0


def test_a_gpu_without_a_counter(nvml: Nvml) -> None:
    nvml.answers(count=1, compute0="41:500")
    with nvml.probe() as ask:
        assert ask("meter.gpu_reason") == "no energy counter on this GPU"
        assert ask("meter.cpu_reason").startswith("no-powercap: ")
        assert ask("meter.read({41})") == {"gpu_j": None, "cpu_j": None}


def test_part_of_the_energy_does_not_pass_for_the_whole(nvml: Nvml) -> None:
    """The model moves to a GPU that does not count."""
    nvml.answers(**gpus(NOT_SUPPORTED, 0, compute1="41:500"))
    with nvml.probe() as ask:
        nvml.answers(**gpus(NOT_SUPPORTED, 1_000, compute1="41:500"))
        assert ask("meter.read({41}).gpu_j") == 1.0
        nvml.answers(**gpus(NOT_SUPPORTED, 2_000, compute0="41:10", compute1="41:500"))
        assert ask("meter.read({41}).gpu_j") is None
        nvml.answers(**gpus(NOT_SUPPORTED, 3_000, compute1="41:500"))
        assert ask("meter.read({41}).gpu_j") is None


def test_without_a_driver_the_reason_names_it(nvml: Nvml) -> None:
    nvml.answers(init=DRIVER_NOT_LOADED)
    with nvml.probe() as ask:
        assert ask("meter.gpu_reason") == "driver not loaded"
