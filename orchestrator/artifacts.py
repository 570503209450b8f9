"""What is kept under `artifacts/bench/<slug>/`.

    runs/<UTC>-<group>.json   one file a run, raw samples; the name tells time and group without opening it
    summary.json              what the last `bench:run` printed
    timings.csv               its raw samples
    baseline.json             pinned by `bench:baseline`
    cache_savings.md          the last comparison of cache modes

Each file is written beside and renamed. Runs never share a name, so processes that write at once lose nothing.
"""

import contextlib
import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from orchestrator.errors import ArtifactError
from orchestrator.files import name_of, slug, write_atomically
from orchestrator.results import Baseline, BenchRun, Document, Named, Summary

DEFAULT_ROOT = Path("artifacts")

Doc = TypeVar("Doc", bound=Document)


class Artifacts:
    """The stored results under one root. Every method raises ArtifactError for what it cannot read or write."""

    def __init__(self, root: Path = DEFAULT_ROOT) -> None:
        self.bench = root / "bench"

    def folder(self, name: str) -> Path:
        """Where a scenario's results are; it need not exist."""
        return self.bench / slug(name)

    def prepare(self, name: str) -> None:
        """Make the folder, so that one that cannot be written is told before anything is measured."""
        try:
            (self.folder(name) / "runs").mkdir(parents=True, exist_ok=True)
            probe = self.folder(name) / "runs" / f".probe-{os.getpid()}"
            write_atomically(probe, "")
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(self.folder(name), error) from error

    def save_run(self, run: BenchRun) -> Path:
        """Store one run."""
        stamp = run.started_at.replace("-", "").replace(":", "")
        path = self.folder(run.name) / "runs" / f"{stamp}-{run.group}.json"
        self._write(path, run.model_dump_json())
        return path

    def save_summary(self, summary: Summary, runs: Sequence[BenchRun]) -> None:
        """`summary.json` and the `timings.csv` that belongs to it."""
        folder = self.folder(summary.name)
        self._write(folder / "summary.json", summary.model_dump_json(indent=2) + "\n")
        self._write(folder / "timings.csv", _timings(runs))

    def save_baseline(self, baseline: Baseline) -> Path:
        """Pin it; what was pinned before is replaced."""
        path = self.folder(baseline.name) / "baseline.json"
        self._write(path, baseline.model_dump_json(indent=1) + "\n")
        return path

    def save_text(self, path: Path, text: str) -> None:
        """Any other file of ours, such as a report."""
        self._write(path, text)

    def baseline(self, name: str) -> Baseline | None:
        """The pinned baseline, if there is one."""
        found = self._read(self.folder(name) / "baseline.json", Baseline)
        return found if found is not None and found.name.casefold() == name.casefold() else None

    def newest_runs(self, name: str) -> list[BenchRun]:
        """The group of the newest run that is no cache run, in order of time; empty when there is none."""
        newest = next((run for run in self._runs(name, "*.json") if not run.is_cache_run), None)
        if newest is None:
            return []
        return [run for run in self._runs(name, f"*-{newest.group}.json") if not run.is_cache_run][::-1]

    def has_good(self, name: str) -> bool:
        """Whether a baseline or a run that did not fail is stored."""
        return self.baseline(name) is not None or any(run.failure is None for run in self._runs(name, "*.json"))

    def names(self) -> list[str]:
        """All scenarios that have something stored, by their own names; by the folder's where no file tells it."""
        folders = sorted(path for path in self.bench.glob("*") if path.is_dir())
        return [name for folder in folders if (name := self._name_in(folder)) is not None]

    def _name_in(self, folder: Path) -> str | None:
        """From the smallest file that tells it; those that cannot be read are told about when they are needed."""
        paths = [folder / "summary.json", folder / "baseline.json", *_newest_first(folder, "*.json")]
        for path in paths:
            with contextlib.suppress(ArtifactError):
                found = self._read(path, Named)
                if found is not None:
                    return found.name
        return name_of(folder.name) if any(path.exists() for path in paths) else None

    def _runs(self, name: str, pattern: str) -> Iterator[BenchRun]:
        """Newest first; those of another name, copied here by hand, are passed over."""
        for path in _newest_first(self.folder(name), pattern):
            run = self._read(path, BenchRun)
            if run is not None and run.name.casefold() == name.casefold():
                yield run

    def _read(self, path: Path, model: type[Doc]) -> Doc | None:
        """None when there is no such file."""
        try:
            return model.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArtifactError(f"{path}: cannot be read: {error.strerror or error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise ArtifactError(f"{path}: {where}: {first['msg']}: delete the file, or measure again") from error

    def _write(self, path: Path, text: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
        except OSError as error:
            raise self._unwritable(path, error) from error

    def _unwritable(self, path: Path, error: OSError) -> ArtifactError:
        cause = error.strerror or str(error)
        return ArtifactError(f"{path}: cannot be written: {cause}: choose another folder with --artifacts")


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    return sorted((folder / "runs").glob(pattern), reverse=True)


def _timings(runs: Sequence[BenchRun]) -> str:
    """One line an iteration: run (from 1), its start, cache mode, iteration (from 1), ms, then further metrics."""
    names = list(dict.fromkeys(name for run in runs for name in run.metrics))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run", "started_at", "cache", "iteration", "ms", *names])
    for index, run in enumerate(runs, 1):
        for iteration, value in enumerate(run.samples_ms):
            further = [run.metrics[name][iteration] if name in run.metrics else None for name in names]
            writer.writerow([index, run.started_at, run.cache, iteration + 1, value, *further])
    return text.getvalue()
