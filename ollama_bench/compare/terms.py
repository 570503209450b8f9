"""What every claim of a comparison is held to, whether it is about figures or about answers. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ollama_bench.compare.sides import Side

Mark = Literal["unlike", "doubtful"]
"""What --force passed over."""

IN_DOUBT = "in doubt"


@dataclass(frozen=True)
class Terms:
    """What is common to all claims of a comparison."""

    significant: float
    """Holm's step-down stops above this p-value; below 0 where no test passes."""
    tests: int
    unlike: bool
    forced: bool

    def withheld(self, doubts: str | None) -> str | None:
        """Why nothing is told, whatever the test says; `doubts` are what `in_doubt` gives."""
        return None if self.forced else doubts

    def marks(self, doubts: str | None) -> tuple[Mark, ...]:
        """What stands behind a claim."""
        unlike: tuple[Mark, ...] = ("unlike",) if self.unlike else ()
        return (*unlike, "doubtful") if doubts else unlike


def in_doubt(reference: Side, candidate: Side, touches: Callable[[str], bool]) -> str | None:
    """The doubts of both sides, of those codes that `touches` what is claimed; None where there is none."""
    found = {side.label: side.doubts(touches) for side in (reference, candidate)}
    said = [f"{label} {', '.join(codes)}" for label, codes in found.items() if codes]
    return f"{IN_DOUBT}: {'; '.join(said)}" if said else None
