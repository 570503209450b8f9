"""What `load prism` and `load ollama` tell alike: progress, and what k6's thresholds say."""

from collections.abc import Iterable, Sequence

from ollama_bench.load.files import Kept
from ollama_bench.load.k6 import At, Told
from orchestrator.clean import one_line
from orchestrator.progress import Progress
from orchestrator.stats import MIN_SAMPLES_FOR_P95

GATE_FAILED = 4


def told_by(progress: Progress, seconds: int) -> Told:
    """k6's progress on `progress`, of a load that lasts so many seconds (the last answers may take longer)."""

    def told(at: At) -> None:
        last = ", waiting for the last answers" if at.seconds > seconds else ""
        what = f"k6: {at.vus} VUs at work, {at.iterations} iterations{last}"
        progress.tell(what, min(round(at.seconds), seconds), seconds, "seconds")

    return told


def indicative(counts: Iterable[int]) -> list[str]:
    """A line where some p95 is of so few samples that it has no upper bound."""
    few = any(count < MIN_SAMPLES_FOR_P95 for count in counts)
    return [f"A p95 of fewer than {MIN_SAMPLES_FOR_P95} is indicative."] if few else []


def verdict_code(passed: bool) -> int:
    """The exit code."""
    return 0 if passed else GATE_FAILED


def verdict_lines(passed: bool, crossed: Sequence[str], last_words: str, kept: Kept) -> list[str]:
    """The verdict, why, and where the files are."""
    lines = [f"Thresholds: {'kept' if passed else 'CROSSED'}"]
    lines += [f"  {one_line(name)}" for name in crossed]
    if not passed:
        lines += ["k6 logged last:", *(f"  {one_line(line, 300)}" for line in last_words.splitlines())]
    return [*lines, f"Saved: {', '.join(str(path) for path in kept.paths())}"]
