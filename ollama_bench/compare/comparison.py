"""The comparison on one screen: sides in, document out. Pure."""

from collections.abc import Iterator, Sequence

from ollama_bench.compare.alike import Difference, differences
from ollama_bench.compare.document import ComparedRun, ComparedSide, Comparison, Family, Pair, Row, SideVerdict
from ollama_bench.compare.evidence import ASSUMED_SCATTER, MIN_RUNS
from ollama_bench.compare.quality import DOUBTS, ComparedQuality, compare_quality, judged
from ollama_bench.compare.rows import Draft, draft_rows, finish_row
from ollama_bench.compare.sides import Run, Side
from ollama_bench.compare.summary import summarize
from ollama_bench.compare.terms import IN_DOUBT, Terms, in_doubt
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TIMED_PHASES
from orchestrator.errors import ConfigurationError
from orchestrator.gate import LEVEL
from orchestrator.stats import holm

FAMILY_LEVEL = 0.05


def compare(sides: Sequence[Side], *, forced: bool = False) -> Comparison:
    """Hold each side beside the first; at least two.

    Raises ConfigurationError where they were not measured alike, unless `forced`: winners are marked then.
    """
    unlike = differences({side.label: [run.result for run in side.runs] for side in sides})
    if unlike and not forced:
        raise ConfigurationError(_refusal(unlike))
    reference, *candidates = sides
    drafts = [(side, draft_rows(reference, side), compare_quality(reference, side)) for side in candidates]
    p_values = [p for _, rows, quality in drafts for p in _p_values(rows, quality)]
    terms = Terms(_significant(p_values), len(p_values), unlike=bool(unlike), forced=forced)
    return Comparison(
        sides=tuple(map(_side, sides)),
        forced=forced,
        differences=unlike,
        family=Family(level=FAMILY_LEVEL, loosest_level=LEVEL, tests=len(p_values)),
        pairs=tuple(_pair(reference, *draft, terms) for draft in drafts),
        notes=tuple(note for side in sides for note in (*side.notes, *_notes(side))),
    )


def _refusal(unlike: Sequence[Difference]) -> str:
    lines = [f"- {difference}" for difference in unlike]
    return "\n".join(
        [
            "the sides were not measured alike, so what differs may not be the model's doing:",
            *lines,
            "measure them alike, or compare them all the same with --force",
        ]
    )


def _p_values(rows: Sequence[Draft], quality: ComparedQuality | None) -> Iterator[float]:
    yield from (row.evidence.shift.two_sided_p_value for row in rows if row.evidence)
    yield from (prompt.p_value for prompt in (quality.prompts if quality else ()) if prompt.p_value is not None)


def _significant(p_values: Sequence[float]) -> float:
    levels = holm(p_values, FAMILY_LEVEL, LEVEL)
    return max((p for p, level in zip(p_values, levels, strict=True) if p < level), default=-1.0)


def _pair(
    reference: Side, candidate: Side, drafts: Sequence[Draft], quality: ComparedQuality | None, terms: Terms
) -> Pair:
    rows = tuple(finish_row(draft, terms) for draft in drafts)
    if quality is not None:
        doubts = in_doubt(reference, candidate, DOUBTS.__contains__)
        prompts = tuple(judged(prompt, terms, doubts) for prompt in quality.prompts)
        quality = quality.model_copy(update={"prompts": prompts})
    return Pair(
        reference=reference.label,
        candidate=candidate.label,
        rows=rows,
        quality=quality,
        summary=summarize(reference.label, candidate.label, rows, quality),
        notes=tuple(_pair_notes(reference, candidate, rows, quality)),
    )


def _pair_notes(
    reference: Side, candidate: Side, rows: Sequence[Row], quality: ComparedQuality | None
) -> Iterator[str]:
    """What to know before believing the ratios."""
    if shared := reference.ids & candidate.ids:
        both = f"{reference.label} and {candidate.label}"
        yield f"{both} hold the same run, so no winner is named: {', '.join(sorted(shared))}"
    if any(row.unit == "trial" for row in rows):
        yield (
            f"fewer than {MIN_RUNS} runs on a side: trials of one run do not show how runs differ, so the intervals "
            f"take in an assumed run-to-run scatter of {100 * ASSUMED_SCATTER:g} %; {MIN_RUNS} a side show their own"
        )
    if any(row.unit == "run" for row in rows) and (first := _all_before(reference, candidate)):
        yield (
            f"every run of {first} was made before the others: what changed on the machine in between is in the "
            "ratios too; runs made in turn keep it out"
        )
    reasons = [row.reason for row in rows] + [prompt.reason for prompt in (quality.prompts if quality else ())]
    if any(reason and reason.startswith(IN_DOUBT) for reason in reasons):
        yield "doubtful figures name no winner: `ollama-bench show FILE` says what to do; --force names it, marked"
    if _identity(reference) != _identity(candidate):
        yield "different models: tok/s counts each model's own tokens, and a latency is that of each one's own answer"


def _all_before(reference: Side, candidate: Side) -> str | None:
    """The side whose runs were all made before any of the other's."""
    spans = {side.label: [run.result.started_at.timestamp() for run in side.runs] for side in (reference, candidate)}
    (first, its), (other, theirs) = sorted(spans.items(), key=lambda span: span[1][0])
    return first if first != other and its[-1] < theirs[0] else None


def _identity(side: Side) -> str:
    return side.model.digest or side.model.name


def _notes(side: Side) -> Iterator[str]:
    unknown = [run.file for run in side.runs if run.result.validity is None]
    if unknown:
        yield f"{side.label}: older than VALID and DOUBTFUL, so not known to be either: {', '.join(unknown)}"


def _side(side: Side) -> ComparedSide:
    good = {
        phase: [
            sum(trial.ok for trial in run.result.phases[phase].trials)
            for run in side.runs
            if phase in run.result.phases
        ]
        for phase in TIMED_PHASES
    }
    return ComparedSide(
        label=side.label,
        name=side.name,
        model=side.model,
        trials={phase: (min(counts), max(counts)) for phase, counts in good.items() if counts},
        runs=tuple(map(_run, side.runs)),
        verdicts=tuple(_verdicts([run.result for run in side.runs])),
    )


def _run(run: Run) -> ComparedRun:
    result = run.result
    return ComparedRun(
        file=run.file,
        id=result.id,
        started_at=result.started_at,
        complete=result.complete,
        valid=None if result.validity is None else result.validity.valid and result.complete,
        doubts=tuple(run.doubts),
    )


def _verdicts(results: Sequence[RunResult]) -> Iterator[SideVerdict]:
    """One for each decision, with the reasons of the first run that came to it."""
    for decision in dict.fromkeys(result.verdict.decision for result in results):
        alike = [result.verdict for result in results if result.verdict.decision == decision]
        conditions = alike[0].conditions
        telling = [condition for condition in conditions if condition.passed is not True] or conditions
        yield SideVerdict(decision=decision, runs=len(alike), reasons=tuple(condition.text for condition in telling))
