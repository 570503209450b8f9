"""Progress on stderr: a live line on a terminal, a plain line for each phase elsewhere."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from ollama_bench.plan import RunPlan, Step, steps
from ollama_bench.progress import Progress
from ollama_bench.server.client import PullProgress
from ollama_bench.stopping import imprecise, phase_ended
from ollama_bench.trial import Trial
from orchestrator.clean import one_line

TELL_EVERY = 5
"""Requests of an adaptive phase from one line to the next, where there is no terminal."""


class TerminalProgress(Progress):
    """Tells a person what is going on, and at the end where the result is. Use as a context manager."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            disable=not self._live,
            transient=True,
            refresh_per_second=4,  # drawing takes time from the very cores that are measured
        )
        self._task: TaskID | None = None
        self._plan: RunPlan | None = None
        self._pending: list[Step] = []
        self._done: list[Trial] = []
        """Of the phase under way."""
        self._told = ""
        self._path: Path | None = None
        self._failed = False

    def __enter__(self) -> "TerminalProgress":
        self._bars.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._bars.stop()
        if self._path is not None:
            stands = "saved, but for what came last" if self._failed else "saved"
            click.echo(f"{stands}: {self._path} and {self._path.with_suffix('.md').name}", err=True)

    def pulling(self, model: str, step: PullProgress) -> None:
        """The server's own byte counts; a line for every tenth where there is no terminal."""
        what = f"{one_line(model, 40)}: {one_line(step.status, 60)}"
        total = max(0, step.total_bytes or 0)
        done = min(max(0, step.completed_bytes or 0), total)
        if not total:
            self._show(what, 0, None, "")
        elif self._live:
            self._show(what, done, total, f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")
        else:
            self._tell(f"{what} {10 * (10 * done // total)} % of {total / 1e6:.0f} MB")

    def started(self, plan: RunPlan) -> None:
        """The first request is under way."""
        self._plan, self._pending = plan, steps(plan)
        self._announce()

    def measured(self, trial: Trial) -> None:
        """One more trial is done; the next one is under way."""
        assert self._plan is not None
        self._done = [*self._done, trial] if self._done and self._done[-1].phase == trial.phase else [trial]
        self._pending = self._pending[1:]
        if phase_ended(self._plan, self._done):
            self._pending = [step for step in self._pending if step.phase != trial.phase]
        if trial.error is not None:
            click.echo(f"{trial.phase} {trial.index + 1} failed: {one_line(trial.error.message, 500)}", err=True)
        else:  # after a failure the run may be over
            self._announce()

    def saved(self, path: Path) -> None:
        """Kept, to be told at the end."""
        self._path, self._failed = path, False

    def not_saved(self, reason: str) -> None:
        """Told at once: there may be time to make room."""
        self._failed = True
        click.echo(one_line(reason, 500), err=True)

    def _announce(self) -> None:
        if not self._pending or self._plan is None:
            return
        phase = self._pending[0].phase
        left = sum(step.phase == phase for step in self._pending)
        before = len(self._done) if self._done and self._done[-1].phase == phase else 0
        width = self._plan.until_precise if phase in self._plan.least_trials else None
        if width is not None:
            self._announce_adaptive(phase, before, f"until ± {100 * width:g} %, at most {before + left}")
        elif self._live:
            self._show(f"{phase} {before + 1} of {before + left}", before, before + left, "")
        else:
            self._tell(f"{phase}: {before + left} request{'s' if before + left > 1 else ''}")

    def _announce_adaptive(self, phase: str, before: int, goal: str) -> None:
        """How far it is from its goal too: nobody knows how many requests it takes."""
        assert self._plan is not None
        missed = list(imprecise(self._plan, self._done).values()) if before else []
        known = [width for width in missed if width is not None]
        now = f"now ± {100 * max(known):.1f} %" if known and len(known) == len(missed) else ""
        if self._live:
            self._show(f"{phase} {before + 1}", 0, None, f"{goal}, {now}" if now else goal)
        elif before == 0:
            self._tell(f"{phase}: {goal} requests")
        elif before % TELL_EVERY == 0 and now:
            self._tell(f"{phase}: {before} done, {now}")

    def _show(self, description: str, completed: int, total: int | None, detail: str) -> None:
        if not self._live:
            self._tell(f"{description}: {detail}" if detail else description)
        elif self._task is None:
            self._task = self._bars.add_task(description, completed=completed, total=total, detail=detail)
        else:
            self._bars.update(self._task, description=description, completed=completed, total=total, detail=detail)

    def _tell(self, line: str) -> None:
        if line != self._told:
            self._told = line
            click.echo(line, err=True)
