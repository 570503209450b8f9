"""The few fields of a document that the history shows, read and checked without building the rest of it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, ValidationError

from ollama_bench.history.entry import Entry, as_text
from ollama_bench.values import Frozen, Int64

Text = Annotated[str, Field(max_length=1000)]
"""All of it is kept in the index, and read at each listing."""


class _Figure(Frozen):
    p50: FiniteFloat | None = None


class _Summary(Frozen):
    latency_s: _Figure = _Figure()
    gen_tok_s: _Figure = _Figure()


class _Phase(Frozen):
    summary: _Summary


class _Phases(Frozen):
    warm: _Phase = _Phase(summary=_Summary())
    real: _Phase = _Phase(summary=_Summary())


class _Model(Frozen):
    name: Text
    quantization: Text | None = None


class _Server(Frozen):
    kind: Literal["ollama", "embedded"]
    version: Text


class _Hardware(Frozen):
    label: Text


class _Resources(Frozen):
    peak_rss_bytes: Int64 | None = None


class _Scores(Frozen):
    follow: Int64 | None
    coherent: Int64 | None
    no_hallucination: Int64 | None


class _Prompt(Frozen):
    scores: _Scores


class _Quality(Frozen):
    prompts: tuple[_Prompt, ...]


class _Verdict(Frozen):
    decision: Literal["keep small", "try 3–8B", "need bigger", "inconclusive"]


class _Validity(Frozen):
    valid: bool


class _Excerpt(Frozen):
    schema_version: Literal[1]
    id: Text
    complete: bool
    started_at: datetime
    server: _Server
    model: _Model
    hardware: _Hardware
    phases: _Phases
    resources: _Resources
    quality: _Quality | None
    verdict: _Verdict
    validity: _Validity | None = None


def read_excerpt(data: bytes) -> Entry:
    """The entry of a document. Raises ValueError, in a few words, for one that is none."""
    try:
        return _entry(_Excerpt.model_validate_json(data))
    except ValidationError as error:
        raise ValueError(_why(error)) from None
    except OverflowError:
        raise ValueError("started_at: out of range") from None


def _entry(found: _Excerpt) -> Entry:
    started_at = found.started_at if found.started_at.tzinfo else found.started_at.replace(tzinfo=UTC)
    scores = [prompt.scores for prompt in found.quality.prompts] if found.quality else None
    assessed = None if scores is None else [each for each in scores if each.follow is not None]
    return Entry(
        id=found.id,
        started_at=as_text(started_at),
        model=found.model.name,
        quantization=found.model.quantization,
        machine=found.hardware.label,
        server=f"{found.server.kind} {found.server.version}",
        complete=found.complete,
        warm_latency_s=found.phases.warm.summary.latency_s.p50,
        real_tok_s=found.phases.real.summary.gen_tok_s.p50,
        peak_rss_bytes=found.resources.peak_rss_bytes,
        follow=None if assessed is None else sum(each.follow == 1 for each in assessed),
        coherent=None if assessed is None else sum(each.coherent == 1 for each in assessed),
        no_hallucination=None if assessed is None else sum(each.no_hallucination == 1 for each in assessed),
        assessed=None if assessed is None else len(assessed),
        verdict=found.verdict.decision,
        valid=found.validity.valid if found.validity else None,
    )


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return "not JSON"
    if where == "schema_version" and isinstance(first["input"], int):
        return f"format {first['input']} is none that this tool reads"
    if where in ("", "schema_version"):
        return "not a result of `ollama-bench run`"
    return f"{where}: {first['msg']}"
