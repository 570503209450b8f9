"""What a run has measured so far, and its document: saved as it grows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ollama_bench.errors import OutputError
from ollama_bench.instruments import Instruments
from ollama_bench.pack import Pack
from ollama_bench.plan import RunPlan
from ollama_bench.progress import Progress
from ollama_bench.render.markdown import render_markdown
from ollama_bench.scorecard import RunResult, Store
from ollama_bench.stopping import phase_ended
from ollama_bench.summarize import Environment, summarize
from ollama_bench.trial import Trial
from ollama_bench.verdict import Policy


@dataclass(frozen=True)
class Settings:
    """What a run needs beside its plan; shared by all models of one command."""

    pack: Pack
    policy: Policy
    out: Path | None
    """Folder for the documents; None saves nothing."""


class Record:
    """The trials so far, and the document of them: saved at once, after each phase, and at the end.

    Making one raises OutputError when nothing can be saved."""

    def __init__(
        self,
        plan: RunPlan,
        environment: Environment,
        settings: Settings,
        instruments: Instruments,
        store: Store | None,
        progress: Progress,
    ) -> None:
        self._plan, self._environment, self._settings = plan, environment, settings
        self._instruments, self._progress = instruments, progress
        self._trials: list[Trial] = []
        self._store = store
        if store is not None:
            store.save(*self._document(complete=False))

    def add(self, trial: Trial) -> None:
        """Keep `trial`; at the end of a phase, save."""
        self._trials.append(trial)
        self._progress.measured(trial)
        if phase_ended(self._plan, [other for other in self._trials if other.phase == trial.phase]):
            self.save(complete=False)

    def save(self, *, complete: bool) -> None:
        """Save what there is; when that fails go on, and try again at the next turn."""
        try:
            self._write(complete=complete)
        except OutputError as error:
            self._progress.not_saved(str(error))

    def finish(self) -> RunResult:
        """Save the whole document and return it. Raises OutputError, which carries it too."""
        return self._write(complete=True)

    def _write(self, *, complete: bool) -> RunResult:
        result, markdown = self._document(complete=complete)
        if self._store is not None:
            try:
                self._store.save(result, markdown)
            except OutputError as error:
                raise OutputError(str(error), result) from error
            self._progress.saved(self._store.path)
        return result

    def _document(self, *, complete: bool) -> tuple[RunResult, str]:
        result = summarize(
            self._plan,
            self._environment,
            self._trials,
            self._instruments.observed(self._trials),
            self._settings.pack,
            self._settings.policy,
            finished_at=datetime.now(UTC),
            complete=complete,
        )
        return result, render_markdown(result)
