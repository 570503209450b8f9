"""What a load test leaves in its folder: k6's own summary as text and as JSON, and snapshots of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ollama_bench.errors import OutputError
from ollama_bench.load.k6 import Interrupted
from ollama_bench.load.summary import Summary, read_summary
from ollama_bench.load.watch import ProcessWatch
from orchestrator.files import write_atomically


@dataclass(frozen=True)
class Kept:
    """The files of one load test. Made by `open_kept`."""

    folder: Path
    json_name: str = "k6_summary.json"

    @property
    def json_path(self) -> Path:
        """k6 writes it."""
        return self.folder / self.json_name

    @property
    def text_path(self) -> Path:
        """What k6 prints."""
        return self.folder / "k6_latest.txt"

    @property
    def arguments(self) -> tuple[str, ...]:
        """For k6."""
        return ("--summary-export", str(self.json_path))

    @contextmanager
    def saving(self, watch: ProcessWatch) -> Iterator[Callable[[str], None]]:
        """Inside the block the load is on. What it yields takes k6's text; that of an interrupted run is kept too, and
        so are the snapshots, however the block ends. Raises OutputError.
        """
        try:
            yield self._save_text
        except Interrupted as interruption:
            self._save_text(interruption.summary)
            raise
        finally:
            watch.load_ends()
            with self._told():
                watch.save(self.folder)

    def summary(self) -> Summary:
        """As k6 wrote it. Raises ConfigurationError."""
        return read_summary(self.json_path)

    def paths(self) -> list[Path]:
        """All that are there."""
        return [self.text_path, self.json_path, *sorted(self.folder.glob("snapshot-*.txt"))]

    def _save_text(self, text: str) -> None:
        with self._told():
            write_atomically(self.text_path, text)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self.folder}: cannot be written: {error.strerror or error}: choose another folder with --out"
            ) from error


def open_kept(folder: Path, json_name: str = "k6_summary.json") -> Kept:
    """The folder, made and seen to be writable; an older summary is gone, so that none passes for the new one's.

    Raises OutputError.
    """
    kept = Kept(folder, json_name)
    with kept._told():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(kept.text_path, "k6 has not ended yet\n")
        kept.json_path.unlink(missing_ok=True)
    return kept
