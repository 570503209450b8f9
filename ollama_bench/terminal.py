"""Progress on stderr for a person: a live view on a terminal, a plain line for each phase elsewhere."""

from pathlib import Path

import click

from ollama_bench.live_view import LiveView
from ollama_bench.metrics import trial_metrics
from ollama_bench.pace import time_left
from ollama_bench.plan import RunPlan, Step, steps
from ollama_bench.progress import Gauges, Progress
from ollama_bench.render.live import Now
from ollama_bench.server.client import PullProgress
from ollama_bench.stopping import imprecise, phase_ended
from ollama_bench.trial import Trial
from orchestrator.clean import one_line
from orchestrator.columns import shorten
from orchestrator.live_line import is_live

TELL_EVERY = 5
"""Requests of an adaptive phase from one line to the next, where there is no terminal."""

MODEL_CELLS = 24
"""Of a model's name in the live view."""


class TerminalProgress(Progress):
    """Tells a person what is going on, and at the end where the result is. Use as a context manager."""

    def __init__(self) -> None:
        self._view = LiveView() if is_live() else None
        self._plan: RunPlan | None = None
        self._pending: list[Step] = []
        self._trials: list[Trial] = []
        self._told = ""
        self._path: Path | None = None
        self._failed = False

    def __enter__(self) -> "TerminalProgress":
        if self._view is not None:
            self._view.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._view is not None:
            self._view.__exit__()
        if self._path is not None:
            stands = "saved, but for what came last" if self._failed else "saved"
            self._print(f"{stands}: {self._path} and {self._path.with_suffix('.md').name}")

    def pulling(self, model: str, step: PullProgress) -> None:
        """The server's own byte counts; a line for every tenth where there is no terminal."""
        what = f"{one_line(model, 40)}: {one_line(step.status, 60)}"
        total = max(0, step.total_bytes or 0)
        done = min(max(0, step.completed_bytes or 0), total)
        if self._view is not None:
            sizes = (f"{done / 1e6:.0f} of {total / 1e6:.0f} MB",) if total else ()
            self._view.show(Now(what, done=done / total if total else None, notes=sizes))
        elif total:
            self._tell(f"{what} {10 * (10 * done // total)} % of {total / 1e6:.0f} MB")
        else:
            self._tell(what)

    def can_read(self, gauges: Gauges) -> None:
        """For the live view."""
        if self._view is not None:
            self._view.can_read(gauges)

    def started(self, plan: RunPlan) -> None:
        """The first request is under way."""
        self._plan, self._pending, self._trials = plan, steps(plan), []
        self._announce(plan)

    def measured(self, trial: Trial) -> None:
        """One more trial is done; the next one is under way."""
        assert self._plan is not None
        self._trials.append(trial)
        self._pending = self._pending[1:]
        if phase_ended(self._plan, self._done_of(trial.phase)):
            self._pending = [step for step in self._pending if step.phase != trial.phase]
        if trial.error is not None:
            self._print(f"{trial.phase} {trial.index + 1} failed: {one_line(trial.error.message, 500)}")
        if trial.error is None or self._view is not None:  # after a failure the run may be over
            self._announce(self._plan)

    def saved(self, path: Path) -> None:
        """Kept, to be told at the end."""
        self._path, self._failed = path, False

    def not_saved(self, reason: str) -> None:
        """Told at once: there may be time to make room."""
        self._failed = True
        self._print(one_line(reason, 500))

    def _done_of(self, phase: str) -> list[Trial]:
        return [trial for trial in self._trials if trial.phase == phase]

    def _announce(self, plan: RunPlan) -> None:
        """Say which request is under way."""
        if not self._pending:
            return
        phase = self._pending[0].phase
        before = len(self._done_of(phase))
        most = before + sum(step.phase == phase for step in self._pending)
        width = plan.until_precise if phase in plan.least_trials else None
        goal = "" if width is None else f"until ± {100 * width:g} %, at most {most}"
        if self._view is not None:
            self._view.show(self._now(plan, f"{phase} {before + 1}" + ("" if goal else f" of {most}"), goal))
        elif not goal:
            self._tell(f"{phase}: {most} request{'s' if most > 1 else ''}")
        elif before == 0:
            self._tell(f"{phase}: {goal} requests")
        elif before % TELL_EVERY == 0 and (so_far := self._precision(plan)):
            self._tell(f"{phase}: {before} done, {so_far}")

    def _now(self, plan: RunPlan, what: str, goal: str) -> Now:
        so_far = self._precision(plan) if goal else ""
        rates = [rate for trial in self._trials[-1:] if (rate := trial_metrics(trial)["gen_tok_s"]) is not None]
        done, total = len(self._trials), len(self._trials) + len(self._pending)
        return Now(
            what,
            model=shorten(one_line(plan.model), MODEL_CELLS),
            done=None if any(step.phase in plan.least_trials for step in self._pending) else done / total,
            notes=tuple(filter(None, (f"{goal}, {so_far}" if so_far else goal, so_far))),
            tok_s=rates[0] if rates else None,
            left=time_left(plan, self._pending, self._trials),
            phase=self._pending[0].phase,
        )

    def _precision(self, plan: RunPlan) -> str:
        """How far an adaptive phase is from its goal: nobody knows how many requests it takes."""
        done = self._done_of(self._pending[0].phase)
        missed = list(imprecise(plan, done).values()) if done else []
        known = [width for width in missed if width is not None]
        return f"now ± {100 * max(known):.1f} %" if known and len(known) == len(missed) else ""

    def _tell(self, line: str) -> None:
        if line != self._told:
            self._told = line
            self._print(line)

    def _print(self, line: str) -> None:
        if self._view is not None:
            self._view.print_above(line)
        else:
            click.echo(line, err=True)
