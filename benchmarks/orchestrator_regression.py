"""Does the gate catch a real regression, and leave clean code alone?

    python -m benchmarks.orchestrator_regression [--name Treasury-BOT ...] [--clean 10] [--options "--embedded"]

Pins a baseline of each scenario; makes `--clean` clean runs of each and gates each one (exit code 0 is right); then
plants a regression in a copy of the project, where Treasury-BOT's work does a fifth of itself once more, runs that
and gates it (exit code 4 is right). Everything goes through the commands, as a user would, in a temporary folder.
Before each step the program waits until other processes leave the machine alone (for `--patience` seconds at most).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import psutil

ROOT = Path(__file__).parents[1]
BOTS = ("Treasury-BOT", "RevOps-BOT", "SRE-BOT")
PLANTED = '''

_clean_cash_view = cash_view


def cash_view(ledgers: Ledgers) -> CashView:
    """The regression: a fifth of the ledgers is gone through once more."""
    fifth = [part[: len(part) // 5] for part in (ledgers.receivables, ledgers.payables, ledgers.history)]
    _clean_cash_view(Ledgers(ledgers.today, ledgers.opening_cents, *fifth, ledgers.payroll_cents))
    return _clean_cash_view(ledgers)
'''


def console(project: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One command of the project in `project`."""
    return subprocess.run(
        [sys.executable, "-m", "cli.console", *arguments, "--artifacts", str(folder)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
    )


def wait_for_quiet(patience_s: float) -> None:
    """Until less than a tenth of the machine was busy for a second."""
    deadline = time.monotonic() + patience_s
    while psutil.cpu_percent(interval=1.0) > 10 and time.monotonic() < deadline:
        pass


def pin(folder: Path, name: str, options: list[str], patience_s: float) -> None:
    """Pin a baseline, anew while its runs scatter or other processes were busy meanwhile; five times at most."""
    for attempt in range(1, 6):
        wait_for_quiet(patience_s)
        busy_s, own_s, started_s = _busy_s(), _own_s(), time.perf_counter()
        pinned = console(ROOT, folder, "bench:baseline", "--name", name, *options)
        if pinned.returncode:
            raise SystemExit(pinned.stderr)
        others_s = (_busy_s() - busy_s) - (_own_s() - own_s)
        share = others_s / (time.perf_counter() - started_s) / (psutil.cpu_count() or 1)
        scattered = "warning" in pinned.stderr
        print(f"{name}: baseline {attempt}, others used {share * 100:.0f} % of the machine", flush=True)
        if not scattered and (share < 0.1 or name not in BOTS):  # a model's server is one of the others
            break


def _busy_s() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _own_s() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def gate_once(project: Path, folder: Path, name: str, options: list[str]) -> int:
    """Run and gate one scenario, regressions alone; print what the gate says when it is no pass."""
    ran = console(project, folder, "bench:run", "--name", name, "--iter", "20", *options)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    gated = console(project, folder, "slo:gate", "--name", name, "--fail-on", "regressions", "--json")
    judged = json.loads(gated.stdout)["scenarios"][0]
    print(f"{name}: exit {gated.returncode}: {judged['reasons'][0]}", flush=True)
    return gated.returncode


def planted(folder: Path) -> Path:
    """A copy of the project with the regression in it."""
    copy = folder / "planted"
    for package in ("orchestrator", "cli"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "orchestrator" / "bots" / "treasury.py").open("a", encoding="utf-8") as file:
        file.write(PLANTED)
    return copy


@click.command(help=__doc__)
@click.option("--name", "names", multiple=True, default=BOTS, show_default=True)
@click.option("--clean", default=10, show_default=True, help="Clean re-runs of each.")
@click.option("--patience", default=60.0, show_default=True, help="Longest wait for a quiet machine, in seconds.")
@click.option("--options", default="", help="Passed on to bench:baseline and bench:run for names that are no bots.")
def main(names: tuple[str, ...], clean: int, patience: float, options: str) -> None:
    """Print each gate's verdict and the sum."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "artifacts"
        own = {name: options.split() if name not in BOTS else [] for name in names}
        for name in names:
            pin(folder, name, own[name], patience)
        codes = []
        for name in list(names) * clean:
            wait_for_quiet(patience)
            codes.append(gate_once(ROOT, folder, name, own[name]))
        print(
            f"\nclean: {codes.count(0)} passed, {codes.count(4)} failed, {codes.count(5)} inconclusive of {len(codes)}"
        )
        wait_for_quiet(patience)
        code = gate_once(planted(Path(temporary)), folder, "Treasury-BOT", [])
        print(f"planted 20 %: {'caught' if code == 4 else 'NOT caught'} (exit {code})")


if __name__ == "__main__":
    main()
