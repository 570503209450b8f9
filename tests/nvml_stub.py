"""An NVML of our own under the real bindings: `nvml_stub.c` built as the library that pynvml loads.

    nvml = Nvml(tmp_path)
    nvml.answers(count=1, energy0=5000)
    with nvml.probe() as probe:
        assert probe("gpus.energy_j()") == [5.0]

pynvml keeps the library that it loaded, so that each question is asked in a process of its own (`Probe`).
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_suffix(".c")
LIBRARY = "libnvidia-ml.so.1"
DRIVER_NOT_LOADED, NO_PERMISSION, NOT_SUPPORTED, GPU_IS_LOST = "!9", "!4", "!3", "!15"

_PROBE = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from ollama_bench.energy import EnergyMeter
from ollama_bench.gpu import open_gpus

def plain(value):
    if isinstance(value, frozenset):
        return sorted(value)
    return asdict(value) if hasattr(value, "gpu_j") else value.model_dump()

with open_gpus() as gpus:
    meter = EnergyMeter(gpus, Path("no-powercap"))
    print("ready", flush=True)
    for question in sys.stdin:
        print(json.dumps(eval(question), default=plain), flush=True)
"""


class Probe:
    """A process that has NVML open: `gpus` and `meter` (no RAPL) in it answer expressions."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, expression: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(expression + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Nvml:
    """The library in a folder of its own, and the file that tells it what to answer.

    Making one skips the test where there is no C compiler.
    """

    def __init__(self, folder: Path, *, old_driver: bool = False) -> None:
        self._folder = folder
        self._file = folder / "answers"
        compiler = shutil.which("cc") or shutil.which("gcc")
        if sys.platform != "linux" or compiler is None:
            pytest.skip("needs Linux and a C compiler")
        options = ["-shared", "-fPIC", "-Wall", "-Wextra", *(["-DOLD_DRIVER"] if old_driver else [])]
        subprocess.run([compiler, *options, "-o", str(folder / LIBRARY), str(SOURCE)], check=True)
        self.answers()

    def answers(self, **answers: object) -> None:
        """What it says from now on, and nothing else; `nvml_stub.c` lists the questions."""
        beside = self._file.with_suffix(".new")
        beside.write_text("".join(f"{question} {answer}\n" for question, answer in answers.items()))
        beside.replace(self._file)  # at once: the library may be reading

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to find this library."""
        return os.environ | {"LD_LIBRARY_PATH": str(self._folder), "NVML_STUB": str(self._file)}

    @contextmanager
    def probe(self) -> Iterator[Probe]:
        """A process that opens it with what it answers now."""
        with probe(self.environment) as running:
            yield running


@contextmanager
def probe(environment: dict[str, str]) -> Iterator[Probe]:
    """A process in `environment` that asks NVML. It must end in peace, and complain of nothing."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", _PROBE], env=environment, cwd=root, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        yield Probe(process)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, "")
