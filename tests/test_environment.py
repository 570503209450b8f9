"""The line that names a machine on a scorecard."""

import os
from pathlib import Path

import psutil
import pytest

from ollama_bench.environment import _short, describe_hardware
from ollama_bench.scorecard import Gpu


@pytest.mark.parametrize(
    ("cpu", "short"),
    [
        ("AMD EPYC", "AMD EPYC"),
        ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "Intel Xeon E5-2680 v4"),
        ("AMD Ryzen 9 5950X 16-Core Processor", "AMD Ryzen 9 5950X"),
        ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", "Intel Core i7-8650U"),
        ("Apple M3 Pro", "Apple M3 Pro"),
    ],
)
def test_a_cpu_is_named_without_what_says_nothing(cpu: str, short: str) -> None:
    assert _short(cpu) == short


def test_this_machine_without_a_gpu() -> None:
    hardware = describe_hardware(())

    assert hardware.label.endswith(f"{hardware.ram_bytes / 2**30:.1f} GiB, no GPU")
    assert hardware.ram_bytes == psutil.virtual_memory().total
    assert hardware.cores_logical == os.cpu_count()
    assert hardware.gpus == ()


def test_gpus_are_named_with_their_memory_where_it_is_known() -> None:
    gpus = (Gpu(name="NVIDIA H200", memory_bytes=150_754_820_096), Gpu(name="NVIDIA T4"))
    hardware = describe_hardware(gpus)

    assert hardware.label.endswith("GiB, NVIDIA H200 140 GiB, NVIDIA T4")
    assert hardware.gpus == gpus


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="Linux only")
def test_the_cpu_is_the_one_that_linux_names() -> None:
    cpu = describe_hardware(()).cpu

    assert cpu is None or cpu in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
