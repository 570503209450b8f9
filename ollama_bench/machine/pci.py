"""What is plugged in, whether or not a driver speaks for it."""

from pathlib import Path

from ollama_bench.machine.files import read_text

NVIDIA, DISPLAY = "0x10de", "0x03"


def nvidia_gpus(sys: Path = Path("/sys")) -> int | None:
    """How many GPUs of NVIDIA's are on the PCI bus; None where the system does not show the bus."""
    devices = sys / "bus/pci/devices"
    if not devices.is_dir():
        return None
    return sum(
        read_text(device / "vendor") == NVIDIA and (read_text(device / "class") or "").startswith(DISPLAY)
        for device in devices.glob("*")
    )
