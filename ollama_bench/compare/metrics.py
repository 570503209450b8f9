"""The figures that are compared. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ollama_bench.metrics import trial_metrics
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TimedPhase

Kind = Literal["time", "rate", "memory", "cpu", "energy"]
Outcome = Literal["faster", "slower", "less", "more", "cannot tell"]

_WORDS: dict[Kind, tuple[Outcome, Outcome]] = {"time": ("faster", "slower"), "rate": ("slower", "faster")}
"""What a ratio below 1 means, and one above it; of the other kinds: less, more."""

_VERDICT_ONLY = frozenset({"too_few_samples", "not_precise"})
"""Doubts about the verdict's limits, or a precision that was asked for: of that the intervals here speak themselves."""
_RESOURCES_ONLY = frozenset({"sampling_gap", "memory_disagrees"})
_ANY = frozenset({"incomplete", "failed_requests", "other_models_loaded", "swap_used"})


@dataclass(frozen=True)
class Metric:
    """One figure of a run: its trials' values, or the one value that the run has."""

    name: str
    label: str
    unit: str
    kind: Kind
    claim: str
    """What the winner does; `{}` is faster, slower, less or more."""
    of: str
    """What the ratio is one of."""
    values: Callable[[RunResult], Sequence[float]]
    """Empty where it was not measured; in the unit of `name`."""
    shown_per: float = 1.0
    """`unit` is so many of the unit in `name`."""
    one_a_run: bool = False
    basis: Callable[[RunResult], str] = lambda _result: ""
    """What counted it; figures of different counters are not compared."""

    def word(self, ratio: float) -> Outcome:
        """What a `ratio` to the reference means."""
        below, above = _WORDS.get(self.kind, ("less", "more"))
        return above if ratio > 1 else below

    def is_doubted_by(self, code: str) -> bool:
        """Whether a condition of that code, known not to hold, makes this figure doubtful; unknown codes do."""
        if code in _VERDICT_ONLY:
            return False
        if self.kind in ("time", "rate"):
            return code not in _RESOURCES_ONLY
        return self.kind != "memory" or code in _RESOURCES_ONLY | _ANY


def _trials(phase: TimedPhase, name: str) -> Callable[[RunResult], Sequence[float]]:
    def values(result: RunResult) -> list[float]:
        trials = result.phases[phase].trials if phase in result.phases else ()
        figures = (trial_metrics(trial)[name] for trial in trials if trial.ok)
        return [figure for figure in figures if figure is not None]

    return values


def _one(pick: Callable[[RunResult], float | None]) -> Callable[[RunResult], Sequence[float]]:
    def values(result: RunResult) -> list[float]:
        figure = pick(result)
        return [] if figure is None else [float(figure)]

    return values


def _time(phase: TimedPhase, name: str, label: str, claim: str) -> Metric:
    return Metric(f"{phase}.{name}", label, "s", "time", claim, "the time", _trials(phase, name))


METRICS = (
    _time("warm", "latency_s", "warm latency", "answers the short prompt, warm, {}"),
    _time("warm", "ttft_s", "warm TTFT", "begins to answer the short prompt, warm, {}"),
    _time("cold", "latency_s", "cold latency", "answers {} from cold"),
    _time("cold", "load_s", "cold load", "loads {}"),
    _time("real", "latency_s", "real latency", "answers the real prompt {}"),
    _time("real", "ttft_s", "real TTFT", "begins to answer the real prompt {}"),
    Metric("real.gen_tok_s", "real gen", "tok/s", "rate", "generates {}", "the tok/s", _trials("real", "gen_tok_s")),
    Metric(
        "long.prompt_tok_s",
        "long prompt",
        "tok/s",
        "rate",
        "reads the long prompt {}",
        "the tok/s",
        _trials("long", "prompt_tok_s"),
    ),
    Metric(
        "peak_rss_bytes",
        "peak RSS",
        "MB",
        "memory",
        "takes {} memory",
        "the memory",
        _one(lambda result: result.resources.peak_rss_bytes),
        shown_per=1e6,
        one_a_run=True,
    ),
    Metric(
        "peak_vram_bytes",
        "peak VRAM",
        "MB",
        "memory",
        "takes {} GPU memory",
        "the memory",
        _one(lambda result: result.resources.peak_vram_bytes),
        shown_per=1e6,
        one_a_run=True,
        basis=lambda result: result.resources.vram_source or "",
    ),
    Metric(
        "cpu_percent_mean",
        "CPU mean",
        "%",
        "cpu",
        "takes {} CPU",
        "the CPU",
        _one(lambda result: result.resources.cpu_percent_mean),
        one_a_run=True,
    ),
    Metric(
        "joules_per_output_token",
        "energy",
        "J/token",
        "energy",
        "takes {} energy a token",
        "the energy",
        _one(lambda result: result.energy.joules_per_output_token if result.energy else None),
        one_a_run=True,
        basis=lambda result: "+".join(result.energy.sources) if result.energy else "",
    ),
)
"""In the order in which they are shown. `word_tok_s` is not among them: it decides nothing."""
