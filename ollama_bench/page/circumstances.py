"""What the figures are figures of: model, server, machine, plan; what else went on, and what measuring took."""

from collections.abc import Sequence

from ollama_bench.render.lines import energy_used, figure, megabytes, own_cost
from ollama_bench.scorecard import RunResult
from orchestrator.page import Part, details, pairs, tag

Pairs = Sequence[tuple[str, Part]]


def circumstances(result: RunResult, level: int) -> Part:
    """A card a subject."""
    subjects = (
        ("Model", _model(result)),
        ("Server", _server(result)),
        ("Machine", _machine(result)),
        ("Plan", _plan(result)),
        ("What else went on", _conditions(result)),
        ("What measuring took", _cost(result)),
    )
    cards = [tag("div", tag(f"h{level + 1}", name), pairs(found), class_="card") for name, found in subjects if found]
    return [
        tag("div", cards, class_="grid"),
        details("The prompts of the timed phases", _prompts(result), class_="data"),
    ]


def _model(result: RunResult) -> Pairs:
    model = result.model
    parameters = f"{model.parameter_count / 1e9:.2f} billion" if model.parameter_count else None
    size = f"{megabytes(model.size_bytes)} MB" if model.size_bytes else None
    return (
        ("name", tag("bdi", model.name)),
        ("family", model.family),
        ("parameters", parameters),
        ("quantisation", model.quantization),
        ("size", size),
        ("trained context", f"{model.context_length} tokens" if model.context_length else None),
        ("chat template", "yes" if model.chat_template else "no: a base model"),
        ("thinking", "can think" if model.thinking else None),
        ("digest", tag("code", model.digest) if model.digest else None),
    )


def _server(result: RunResult) -> Pairs:
    server = result.server
    return (
        ("kind", server.kind),
        ("version", server.version),
        ("address", server.url),
        ("where", "on this machine" if server.local else "on another machine"),
        ("measured by", f"{result.tool.name} {result.tool.version}"),
        ("run", tag("code", result.id)),
        ("started", f"{result.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("finished", f"{result.finished_at:%Y-%m-%d %H:%M:%S} UTC"),
    )


def _machine(result: RunResult) -> Pairs:
    hardware = result.hardware
    gpus = "; ".join(f"{gpu.name}, {megabytes(gpu.memory_bytes)} MB" for gpu in hardware.gpus)
    kept = {"cpu", "cores"}  # said above it
    environment = [(name.replace("_", " "), str(value)) for name, value in result.environment.items()
                   if value is not None and name not in kept]  # fmt: skip
    return (
        ("CPU", hardware.cpu),
        ("cores", f"{hardware.cores_physical or '?'} physical, {hardware.cores_logical or '?'} logical"),
        ("memory", f"{megabytes(hardware.ram_bytes)} MB"),
        ("GPUs", gpus or "none"),
        ("operating system", hardware.os),
        *environment,
    )


def _plan(result: RunResult) -> Pairs:
    plan = result.plan
    requests = ", ".join(f"{count} {phase}" for phase, count in plan.trials.items())
    precise = f"medians within ± {plan.until_precise:.1%}" if plan.until_precise else None
    each = len(plan.quality_seeds)
    answers = f"{len(plan.quality_prompts)} prompts, {each} answer{'s' * (each != 1)} each"
    return (
        ("profile", plan.profile),
        ("requests", requests),
        ("until", precise),
        ("quality", answers if plan.quality_prompts else "not asked for"),
        ("seed", str(plan.seed)),
        ("temperature", f"{plan.temperature:g}"),
        ("context", f"{plan.num_ctx} tokens"),
        ("thinking", "allowed" if plan.think else "not asked for"),
        ("keep alive", plan.keep_alive),
        ("time-outs", f"{plan.first_byte_timeout_s:g} s to the first byte, {plan.gap_timeout_s:g} s after it"),
    )


def _conditions(result: RunResult) -> Pairs:
    seen = result.conditions
    if seen is None:
        return ()
    others = ", ".join(f"{process.name} {process.cpu_percent:.1f} %" for process in seen.other_processes)
    other = None if seen.other_cpu_percent is None else f"{figure(seen.other_cpu_percent, 1)} % of a core"
    return (
        ("CPU of others", other or seen.other_cpu_reason),
        ("the busiest", others),
        ("stolen by the host", _percent(seen.steal_percent)),
        ("swapped", None if seen.swapped_bytes is None else f"{seen.swapped_bytes / 1e6:.1f} MB"),
        ("throttling", None if seen.throttle_events is None else f"{seen.throttle_events} events"),
        ("GPU clocks held by", ", ".join(seen.gpu_throttle_reasons)),
        ("governor", ", ".join(seen.governors or ())),
        ("not seen", seen.reason),
    )


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f} % of a core"


def _cost(result: RunResult) -> Pairs:
    if result.cost is None and result.energy is None:
        return ()
    return (("CPU and lateness", own_cost(result.cost)), ("energy of the run", energy_used(result.energy)))


def _prompts(result: RunResult) -> Part:
    by_text: dict[str, list[str]] = {}
    for phase, prompt in result.plan.prompts.items():
        by_text.setdefault(prompt.text, []).append(f"{phase} (at most {prompt.num_predict} tokens)")
    return [[tag("p", tag("strong", ", ".join(phases))), tag("blockquote", text, dir="auto")]
            for text, phases in by_text.items()]  # fmt: skip
