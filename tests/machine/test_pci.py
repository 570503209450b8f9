"""GPUs that are plugged in, from a tree as Linux lays it out."""

from pathlib import Path

from ollama_bench.machine.pci import nvidia_gpus


def test_only_display_devices_of_the_vendor_count(tmp_path: Path) -> None:
    devices = {"00": ("0x10de", "0x030200"), "01": ("0x10de", "0x040300"), "02": ("0x8086", "0x030000")}
    for name, (vendor, kind) in devices.items():
        folder = tmp_path / "bus/pci/devices" / name
        folder.mkdir(parents=True)
        (folder / "vendor").write_text(f"{vendor}\n")
        (folder / "class").write_text(f"{kind}\n")

    assert nvidia_gpus(tmp_path) == 1


def test_without_a_bus_nothing_is_told(tmp_path: Path) -> None:
    assert nvidia_gpus(tmp_path) is None
