"""The scorecard's lines, which every format for people shares."""

from ollama_bench.metrics import Summary
from ollama_bench.observed import Cost, Energy, Resources
from ollama_bench.quality.scores import DIMENSIONS, Dimension
from ollama_bench.scorecard import RunResult
from ollama_bench.stability import StabilityWarning
from ollama_bench.trial import TimedPhase
from orchestrator.clean import one_line
from orchestrator.stats import MIN_SAMPLES_FOR_P95

NOT_MEASURED = "n/a"
BASE_MODEL = " (base model, no chat template)"

DETAILS = (
    ("latency", "latency_s", "s", 3),
    ("TTFT", "ttft_s", "s", 3),
    ("ITL", "itl_s", "s", 4),
    ("load", "load_s", "s", 3),
    ("generation", "gen_tok_s", "tok/s", 1),
    ("… by client", "client_gen_tok_s", "tok/s", 1),
    ("prefill", "prompt_tok_s", "tok/s", 1),
    ("words × 0.75", "word_tok_s", "/s", 1),
)
"""Rows of the table of figures: label, metric, unit, digits."""


def headline(result: RunResult) -> list[str]:
    """The five lines."""
    model = result.model
    base = "" if model.chat_template else BASE_MODEL
    return [
        f"Model: {one_line(model.name)}  Quant: {one_line(model.quantization or 'unknown')}{base}"
        f"  Hardware: {hardware(result)}",
        f"Warm start latency (s): {figure(metric(result, 'warm', 'latency_s').p50, 2)}"
        f"  Real prompt latency (s): {figure(metric(result, 'real', 'latency_s').p50, 2)}"
        f"  tok/s: {figure(metric(result, 'real', 'gen_tok_s').p50, 1)}",
        f"Peak RSS (MB): {_used(result, megabytes(result.resources.peak_rss_bytes))}"
        f"  CPU avg %: {_used(result, figure(result.resources.cpu_percent_mean, 0))}",
        f"Quality ({len(result.plan.quality_prompts)} tests): "
        + "  ".join(f"{name.replace('_', '-')} {quality_total(result, name)}" for name in DIMENSIONS),
        f"Verdict: {result.verdict.decision}",
    ]


def hardware(result: RunResult) -> str:
    """What the model ran on; of a server elsewhere that is not known."""
    label = one_line(result.hardware.label)
    return label if result.server.local else f"{NOT_MEASURED} (remote; asked from {label})"


def metric(result: RunResult, phase: TimedPhase, name: str) -> Summary:
    """One summary of the document; an empty one where the phase was not reached."""
    found = result.phases.get(phase)
    return found.summary.get(name, Summary()) if found else Summary()


def figure(value: float | None, digits: int) -> str:
    """A number as people read it."""
    return NOT_MEASURED if value is None else f"{value:.{digits}f}"


def megabytes(size_bytes: int | None) -> str:
    """Bytes in units of 10^6."""
    return NOT_MEASURED if size_bytes is None else str((size_bytes + 500_000) // 1_000_000)


def quality_total(result: RunResult, name: Dimension) -> str:
    """`2/3`, of the prompts that were assessed; with the number of those that were not."""
    if result.quality is None:
        return NOT_MEASURED
    scores = [getattr(prompt.scores, name) for prompt in result.quality.prompts]
    assessed = len(scores) - scores.count(None)
    left_out = len(result.plan.quality_prompts) - assessed
    note = f" ({left_out} not assessed)" if left_out > 0 else ""
    return f"{scores.count(1)}/{assessed}{note}"


def spread(summary: Summary, digits: int) -> str:
    """Median, range and p95 of one metric, with n; what few samples cannot tell is said."""
    if summary.n == 0:
        return NOT_MEASURED
    text = f"p50 {figure(summary.p50, digits)}"
    if summary.n > 1:
        text += f" [{figure(summary.min, digits)} to {figure(summary.max, digits)}]"
        text += f"  p95 {figure(summary.p95, digits)}"
        text += " (indicative)" if summary.n < MIN_SAMPLES_FOR_P95 or summary.p95_ci95 is None else ""
    return f"{text}  n={summary.n}"


def vram(resources: Resources) -> str:
    """Peak GPU memory with where the figure comes from."""
    source = {"nvml": "NVML", "api_ps": "the server's own estimate", None: ""}[resources.vram_source]
    return NOT_MEASURED if source == "" else f"{megabytes(resources.peak_vram_bytes)} MB ({source})"


def _used(result: RunResult, text: str) -> str:
    if text != NOT_MEASURED or result.resources.reason is None:
        return text
    return f"{NOT_MEASURED} ({one_line(result.resources.reason)})"


def validity_word(result: RunResult) -> str:
    """VALID or DOUBTFUL; n/a for documents that do not say."""
    if result.validity is None:
        return NOT_MEASURED
    return "VALID" if result.validity.valid else "DOUBTFUL"


def own_cost(cost: Cost | None) -> str:
    """What measuring itself took; empty for documents that do not say."""
    if cost is None:
        return ""
    text = f"client {figure(cost.client_cpu_percent, 1)} % of a core while it read, "
    text += f"sampler {figure(cost.sampler_cpu_percent, 1)} %"
    if cost.wakeups:
        worst = f"the worst by {1e3 * (cost.worst_wakeup_s or 0):.1f} ms"
        text += f"; {cost.late_wakeups} of {cost.wakeups} events late by more than 5 ms ({worst})"
    return text


def energy_used(energy: Energy | None) -> str:
    """Joules with the counters they come from; empty for documents that do not say."""
    if energy is None:
        return ""
    if energy.gpu_j is None and energy.cpu_j is None:
        return f"{NOT_MEASURED} ({one_line(energy.reason or 'no counter')})"
    parts = [
        f"{name} {figure(joules, 0)} J"
        for name, joules in (("GPU", energy.gpu_j), ("CPU", energy.cpu_j))
        if joules is not None
    ]
    names = {"nvml": "NVML, whole GPUs", "rapl": "RAPL, whole CPU packages"}
    sources = ", ".join(names.get(source, one_line(source)) for source in energy.sources)
    if energy.joules_per_output_token is None:
        by_token = f"{NOT_MEASURED} by token: {one_line(energy.joules_per_output_token_reason or 'not measured')}"
    else:
        by_token = f"{energy.joules_per_output_token:.2f} J per output token"
    return f"{', '.join(parts)}; {by_token} ({sources})"


def notes(result: RunResult) -> list[StabilityWarning]:
    """The warnings that explain a figure; the others are conditions that do not hold. All, in an older document."""
    codes = {condition.code for condition in result.validity.conditions} if result.validity else set()
    return [warning for warning in result.warnings if warning.code not in codes]


def remedies(result: RunResult) -> dict[str, str]:
    """What to do about each warning, by its code."""
    return {warning.code: warning.remedy for warning in result.warnings}
