"""One line of the doctor's report."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.clean import one_line

Status = Literal["ok", "warning", "problem", "unknown"]
"""A problem forbids measuring; `unknown` is what the system does not tell, and is no fault."""

NOT_TOLD = "not told by this system"

BUSY_PERCENT = 20.0
"""CPU time of others, in per cent of one core, above which figures are in doubt."""


@dataclass(frozen=True)
class Check:
    """What was looked at, what was seen, and what to do about it."""

    name: str
    status: Status
    text: str
    remedy: str | None = None


def ok(name: str, text: str) -> Check:
    """Nothing stands in the way here."""
    return Check(name, "ok", text)


def unknown(name: str, text: str = NOT_TOLD, remedy: str | None = None) -> Check:
    """Nobody tells."""
    return Check(name, "unknown", text, remedy)


def warning(name: str, text: str, remedy: str) -> Check:
    """It can be measured, and this may spoil the figures."""
    return Check(name, "warning", text, remedy)


def problem(name: str, text: str, remedy: str) -> Check:
    """It cannot be measured."""
    return Check(name, "problem", text, remedy)


def size(count_bytes: int) -> str:
    """Bytes as Ollama shows them, in units of 10^9 or 10^6."""
    return f"{count_bytes / 1e9:.1f} GB" if count_bytes >= 1e9 else f"{count_bytes / 1e6:.0f} MB"


def label(name: str) -> str:
    """A name that a server or a process gave itself, safe to print."""
    return one_line(name, 60) or "(without a name)"


def listed(items: list[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")
