"""What a run has measured so far, and its document: saved as it grows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ollama_bench.errors import OutputError
from ollama_bench.pack import Pack
from ollama_bench.plan import RunPlan, ends_phase
from ollama_bench.progress import Progress
from ollama_bench.render.markdown import render_markdown
from ollama_bench.sampler import INTERVAL_S, Sampler
from ollama_bench.scorecard import RunResult, Store
from ollama_bench.server.locate import Located
from ollama_bench.summarize import Environment, summarize
from ollama_bench.trial import Trial
from ollama_bench.usage import summarize_usage
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
        located: Located,
        sampler: Sampler,
        store: Store | None,
        progress: Progress,
    ) -> None:
        self._plan, self._environment, self._settings = plan, environment, settings
        self._located, self._sampler, self._progress = located, sampler, progress
        self._trials: list[Trial] = []
        self._store = store
        if store is not None:
            store.save(*self._document(complete=False))

    def add(self, trial: Trial) -> None:
        """Keep `trial`; at the end of a phase, save."""
        self._trials.append(trial)
        self._progress.measured(trial)
        if ends_phase(self._plan, trial):
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
        sampler = self._sampler
        usage = summarize_usage(
            list(sampler.readings),
            list(sampler.peaks.values()),
            self._trials,
            interval_s=INTERVAL_S,
            sampler_cpu_s=sampler.own_cpu_s,
            reason=self._located.reason,
        )
        result = summarize(
            self._plan,
            self._environment,
            self._trials,
            usage,
            self._settings.pack,
            self._settings.policy,
            finished_at=datetime.now(UTC),
            complete=complete,
        )
        return result, render_markdown(result)
