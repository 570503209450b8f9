"""What the history keeps of one document. Pure, and light: a listing from the index imports no pydantic."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Entry:
    """One saved run; None where the document does not say. The names are those of the index's columns."""

    id: str
    started_at: str
    """UTC, ISO 8601, always of one length: sorts as text."""
    model: str
    quantization: str | None
    machine: str
    """The label of the hardware that the tool ran on."""
    server: str
    """Its kind and version."""
    complete: bool
    warm_latency_s: float | None
    """Median of latency_s of the warm phase."""
    real_tok_s: float | None
    """Median of gen_tok_s of the real phase."""
    peak_rss_bytes: int | None
    follow: int | None
    """Quality prompts that passed, of those `assessed`; so the next two."""
    coherent: int | None
    no_hallucination: int | None
    assessed: int | None
    verdict: str
    valid: bool | None

    def as_dict(self) -> dict[str, str | float | int | bool | None]:
        """The fields by name; faster than `asdict`, which copies."""
        return {name: getattr(self, name) for name in self.__slots__}


class Run(NamedTuple):
    """One saved run and its file."""

    file: str
    entry: Entry


class Signature(NamedTuple):
    """What changes when a file does. A run replaces its document by another file, so the inode tells too."""

    mtime_ns: int
    size_bytes: int
    inode: int


class Known(NamedTuple):
    """A file as it was when it was read: a run, or the reason why it is none."""

    signature: Signature
    content: Entry | str


def as_text(moment: datetime) -> str:
    """UTC as text of one length, which sorts as time passes. Raises OverflowError at the ends of the calendar."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
