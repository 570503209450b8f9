"""What every format of a comparison for people shares: rows of cells, and the words beside them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from ollama_bench.compare.document import ComparedRun, ComparedSide, Comparison, Figure, Pair, Row
from ollama_bench.compare.metrics import Metric
from ollama_bench.compare.quality import QualitySide, Score
from ollama_bench.compare.rows import BY_NAME
from ollama_bench.compare.summary import MARKS, dimension_text, interval_text, ratio_text
from ollama_bench.quality.scores import DIMENSIONS
from ollama_bench.render.lines import NOT_MEASURED
from orchestrator.slo import four_digits

MARK = "*"


def headings(pair: Pair) -> list[str]:
    """Of `row_cells`."""
    ours, theirs = pair.reference, pair.candidate
    return ["median", ours, theirs, f"{theirs}/{ours}", "95 % interval", f"{theirs} is"]


def row_cells(row: Row) -> list[str]:
    """Label with unit, both medians, ratio, interval, outcome; a marked outcome has MARK behind it."""
    metric = BY_NAME[row.metric]
    return [
        f"{metric.label} {metric.unit}",
        _figure(row.reference, metric),
        _figure(row.candidate, metric),
        NOT_MEASURED if row.ratio is None else ratio_text(row.ratio),
        NOT_MEASURED if row.ratio_ci95 is None else interval_text(row.ratio_ci95),
        row.outcome + (f" {MARK}" if row.marks and row.outcome != "cannot tell" else ""),
    ]


def quality_headings(pair: Pair) -> list[str]:
    """Of `quality_cells`."""
    return ["quality", pair.reference, pair.candidate, "differs on"]


def quality_cells(pair: Pair) -> list[list[str]]:
    """A row a prompt, then the totals, then how often further answers passed. Prompt names are foreign text."""
    quality = pair.quality
    if quality is None:
        return []
    rows = [
        [p.id, _scores(p.reference), _scores(p.candidate), ", ".join(map(dimension_text, p.differs))]
        for p in quality.prompts
    ]
    totals = [QualitySide(scores=scores) for scores in (quality.reference_totals, quality.candidate_totals)]
    rows.append(["total", *map(_counts, totals), ""])
    return rows + [
        [f"{prompt.id}, further", _rate(prompt.reference), _rate(prompt.candidate), ""]
        for prompt in quality.prompts
        if prompt.reference.further or prompt.candidate.further
    ]


def side_lines(side: ComparedSide) -> Iterator[tuple[str, str]]:
    """What one side is: (what, text), several of them; all of it may be foreign text."""
    model = side.model
    base = "" if model.chat_template else "base model, no chat template"
    yield "model", "  ".join(part for part in (model.name, model.quantization, base) if part)
    first, last = (f"{run.started_at:%Y-%m-%d %H:%M}" for run in (side.runs[0], side.runs[-1]))
    runs = f"{_many(len(side.runs), 'run')} of {first}" + (f" to {last}" if last != first else "")
    counts = [f"{phase} {low}" + (f" to {high}" if high > low else "") for phase, (low, high) in side.trials.items()]
    yield "runs", f"{runs}, trials a run: {', '.join(counts) or 'none'}"
    yield "measured", _validity(side)
    for verdict in side.verdicts:
        of = f" ({_many(verdict.runs, 'run')})" if len(side.verdicts) > 1 else ""
        yield "verdict", f"{verdict.decision}{of}: {'; '.join(verdict.reasons)}"
    yield "from", side.name


def warnings(comparison: Comparison) -> list[str]:
    """What stands on top: in what the sides are unlike, doubtful and incomplete runs."""
    found = []
    if comparison.differences:
        found = ["UNLIKE, and compared because of --force; winners are marked:", *map(str, comparison.differences)]
    for side in comparison.sides:
        for word, runs in (
            ("INCOMPLETE", [run for run in side.runs if not run.complete]),
            ("DOUBTFUL", [run for run in side.runs if run.complete and run.valid is False]),
        ):
            found += [f"{side.label} is {word}{_of(runs, side)}: {_codes(runs)}"] if runs else []
    return found


def _of(runs: Sequence[ComparedRun], side: ComparedSide) -> str:
    return f" ({len(runs)} of {len(side.runs)} runs)" if len(side.runs) > 1 else ""


def _codes(runs: Sequence[ComparedRun]) -> str:
    """The doubts, with how many of several runs have them."""
    counts = Counter(code for run in runs for code in run.doubts)
    return ", ".join(code if len(runs) == 1 else f"{code} ({count})" for code, count in counts.items())


def footer(comparison: Comparison) -> list[str]:
    """How to read the table."""
    family = comparison.family
    lines = [
        f"{_many(family.tests, 'test')} in all: Holm at a family-wise {family.level:g}, none looser than "
        f"{family.loosest_level:g}; each interval is of 95 % by itself."
    ]
    marked = [row for pair in comparison.pairs for row in pair.rows if row.marks and row.outcome != "cannot tell"]
    if marked:
        said = dict.fromkeys(MARKS[mark] for row in marked for mark in row.marks)
        lines.append(f"{MARK} {', '.join(said)}.")
    if any(pair.quality for pair in comparison.pairs):
        lines.append(f"Quality scores in their order: {', '.join(map(dimension_text, DIMENSIONS))}.")
    return lines


def _figure(figure: Figure, metric: Metric) -> str:
    return NOT_MEASURED if figure.median is None else four_digits(figure.median / metric.shown_per)


def _scores(side: QualitySide) -> str:
    return " ".join(_score(side.scores[name]) for name in DIMENSIONS)


def _counts(side: QualitySide) -> str:
    return " ".join(f"{side.scores[name].ones}/{side.scores[name].n}" for name in DIMENSIONS)


def _score(score: Score) -> str:
    """`1`, `0`, `–` where it was not assessed; `2/3` where runs of a side differ."""
    if score.n == 0:
        return "–"
    return f"{score.ones // score.n}" if score.ones in (0, score.n) else f"{score.ones}/{score.n}"


def _rate(side: QualitySide) -> str:
    if side.further is None:
        return NOT_MEASURED
    low, high = side.further.ci95
    return f"{side.further.passed}/{side.further.n} [{low:.0%}, {high:.0%}]"


def _validity(side: ComparedSide) -> str:
    doubtful = [run for run in side.runs if run.valid is False]
    if doubtful:
        return f"DOUBTFUL{_of(doubtful, side)}"
    return NOT_MEASURED if any(run.valid is None for run in side.runs) else "VALID"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
