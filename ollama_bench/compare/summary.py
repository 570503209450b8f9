"""A pair in words: winners where the evidence holds, the rest as what cannot be told. Pure."""

from collections.abc import Iterator, Sequence

from ollama_bench.compare.document import Row
from ollama_bench.compare.quality import ComparedPrompt, ComparedQuality
from ollama_bench.compare.rows import BY_NAME
from ollama_bench.quality.scores import Dimension

MARKS = {"unlike": "measured under unlike circumstances", "doubtful": "from a doubtful run"}


def summarize(reference: str, candidate: str, rows: Sequence[Row], quality: ComparedQuality | None) -> tuple[str, ...]:
    """Sentences: each winner, each near-tie, each reason why the others cannot be told, then quality."""
    return (
        *(_winner(reference, candidate, row) for row in rows if row.outcome != "cannot tell"),
        *_ties(rows),
        *_untold(rows),
        *(_quality(reference, candidate, quality) if quality else ("Quality: not compared, a side has no answers",)),
    )


def ratio_text(ratio: float) -> str:
    """Three decimals where that is what people read."""
    return f"{ratio:.3f}" if 0.0995 <= ratio < 99.95 else f"{ratio:.3g}"


def interval_text(ends: tuple[float, float]) -> str:
    """`[low, high]`."""
    return f"[{ratio_text(ends[0])}, {ratio_text(ends[1])}]"


def _winner(reference: str, candidate: str, row: Row) -> str:
    metric = BY_NAME[row.metric]
    assert row.ratio is not None
    assert row.ratio_ci95 is not None
    said = f"{candidate} {metric.claim.format(row.outcome)} than {reference}: "
    said += f"{ratio_text(row.ratio)}× {metric.of} {interval_text(row.ratio_ci95)}"
    said += f", within {row.within_percent:g} %" if row.within_percent is not None else ""
    return said + _marks(row)


def _marks(marked: Row | ComparedPrompt) -> str:
    return f" ({', '.join(MARKS[mark] for mark in marked.marks)})" if marked.marks else ""


def _ties(rows: Sequence[Row]) -> Iterator[str]:
    """One sentence for all of them."""
    tied = [row for row in rows if row.outcome == "cannot tell" and row.within_percent is not None]
    said = [f"{_label(row)} (within {row.within_percent:g} %{_marks(row)})" for row in tied]
    if said:
        yield f"No difference to speak of: {', '.join(said)}"


def _untold(rows: Sequence[Row]) -> Iterator[str]:
    """One sentence for each reason."""
    untold = [row for row in rows if row.outcome == "cannot tell" and row.within_percent is None]
    for reason in dict.fromkeys(row.reason or "" for row in untold):
        yield f"Cannot tell: {', '.join(_label(row) for row in untold if (row.reason or '') == reason)} ({reason})"


def _label(row: Row) -> str:
    return BY_NAME[row.metric].label


def _quality(reference: str, candidate: str, quality: ComparedQuality) -> Iterator[str]:
    differing = [prompt for prompt in quality.prompts if prompt.differs]
    if differing:
        where = "; ".join(f"{prompt.id} ({', '.join(map(dimension_text, prompt.differs))})" for prompt in differing)
        yield f"Quality differs on {where}: single answers, no claim of better or worse"
    elif quality.prompts:
        yield f"Quality: first answers score alike on all {len(quality.prompts)} prompts"
    for prompt in quality.prompts:
        if prompt.passes is not None:
            yield _further(reference, candidate, prompt)
    if quality.only_one_side:
        yield f"Quality: asked of one side only: {', '.join(quality.only_one_side)}"


def _further(reference: str, candidate: str, prompt: ComparedPrompt) -> str:
    ours, theirs = prompt.reference.further, prompt.candidate.further
    assert ours is not None
    assert theirs is not None
    figures = f"{theirs.passed} of {theirs.n} further answers, {reference} {ours.passed} of {ours.n}"
    if prompt.passes == "cannot tell":
        why = f" ({prompt.reason})" if prompt.reason else ""
        return f"Cannot tell which passes {prompt.id} more often: {candidate} {figures}{why}"
    return f"{candidate} passes {prompt.id} {prompt.passes} than {reference}: {figures}{_marks(prompt)}"


def dimension_text(name: Dimension) -> str:
    """As the scorecard writes it."""
    return name.replace("_", "-")
