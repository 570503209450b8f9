"""How long `slo:report` and `slo:gate` take with many stored runs, beyond the start-up of the interpreter and click.

    python -m benchmarks.orchestrator_stored [--runs 2000] [--scenarios 20]

The runs are real ones of the SRE bot, stored again under other names and times; every scenario has a baseline.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import click

from orchestrator.artifacts import Artifacts
from orchestrator.bots.catalogue import BOTS
from orchestrator.gatekeeper import pin
from orchestrator.results import summarize
from orchestrator.runner import RunSpec, repeat
from orchestrator.scenario import Found
from orchestrator.slo import Slo

REPEATS = 5


def store(root: Path, runs: int, scenarios: int) -> None:
    """Lay out `runs` runs of `scenarios` scenarios under `root`."""
    artifacts = Artifacts(root)
    real = list(repeat(Found(BOTS[2], "bots", {}), RunSpec(20, 2), 5, lambda *_: None))
    names = [bot.name for bot in BOTS] + [f"scenario {index}" for index in range(scenarios - len(BOTS))]
    for name in names:
        artifacts.save_baseline(
            pin([run.model_copy(update={"name": name}) for run in real * 2], "2026-01-01T00:00:00Z")
        )
    for index in range(runs):
        name, second = names[index % len(names)], index // len(names)
        stamp = f"2026-02-{second // 86400 + 1:02}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
        fresh = {"name": name, "started_at": f"{stamp}.{index:06}Z", "group": f"{index:08x}"}
        run = real[index % len(real)].model_copy(update=fresh)
        artifacts.save_run(run)
        if index >= runs - len(names):
            artifacts.save_summary(summarize([run], Slo(name)), [run])


def seconds(arguments: Sequence[str]) -> float:
    """Median wall time of a command."""
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
        taken.append(time.perf_counter() - started)
        if done.returncode not in (0, 4, 5):
            raise SystemExit(done.stderr)
    return median(taken)


@click.command(help=__doc__)
@click.option("--runs", default=2_000, show_default=True)
@click.option("--scenarios", default=20, show_default=True)
def main(runs: int, scenarios: int) -> None:
    """Print the times."""
    with tempfile.TemporaryDirectory() as folder:
        store(Path(folder), runs, scenarios)
        start_up = seconds(["-m", "cli.console", "--help"])
        print(f"start-up (--help): {start_up:.3f} s; {runs} runs of {scenarios} scenarios stored")
        for command in (["slo:report"], ["slo:gate", "--no-rerun"]):
            taken = seconds(["-m", "cli.console", *command, "--artifacts", folder])
            print(f"{' '.join(command):22} {taken:.3f} s, {taken - start_up:.3f} s beyond start-up")


if __name__ == "__main__":
    main()
