import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.kinds import CallableScenario
from orchestrator.results import BenchRun
from orchestrator.runner import RunSpec, run_once
from orchestrator.scenario import Found

ROOT = Path(__file__).parents[2]

Console = Callable[..., "subprocess.CompletedProcess[str]"]


def run_work(function: str, **spec: object) -> BenchRun:
    """One run of a function of work.py in a real worker."""
    scenario = CallableScenario(f"the {function}", "a test", f"tests.orchestrator.work:{function}")
    return run_once(Found(scenario, "user", {}), RunSpec(**{"iterations": 3, "warmup": 1, **spec}))  # type: ignore[arg-type]


def forget_the_machines_speed(tmp_path: Path, name: str) -> None:
    """Of a baseline: the machine may be slower later, and that is not what a test of the gate is about."""
    path = tmp_path / f"artifacts/bench/{name}/baseline.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "yardstick_mean_ns": None}))


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """`python -m cli.console` as a process of its own, with `tmp_path` as working directory."""

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        path = os.pathsep.join([str(ROOT), str(tmp_path)])
        return subprocess.run(
            [sys.executable, "-m", "cli.console", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def is_running(pid: int) -> bool:
    """Whether there is such a process, and no mere zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
