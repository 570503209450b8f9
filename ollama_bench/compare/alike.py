"""Were the sides measured alike? What differs beside the model itself. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from ollama_bench.plan import PlannedPrompt
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TIMED_PHASES
from ollama_bench.values import Frozen


class SideValue(Frozen):
    """What one side has; several where its own runs differ."""

    side: str
    values: tuple[str, ...]


class Difference(Frozen):
    """One circumstance in which the sides differ."""

    what: str
    sides: tuple[SideValue, ...]

    def __str__(self) -> str:
        shown = [f"{side.side} {' and '.join(side.values)}" for side in self.sides]
        return f"{self.what}: {', '.join(shown)}"


def differences(sides: Mapping[str, Sequence[RunResult]]) -> tuple[Difference, ...]:
    """Each circumstance that is not the same in all runs of all sides (by label); empty when they can be compared."""
    timed = {label: list(map(_circumstances, runs)) for label, runs in sides.items()}
    asked = {label: [_quality(run) for run in runs if run.plan.quality_prompts] for label, runs in sides.items()}
    return (*_unlike(timed), *_unlike(asked))


def _unlike(seen: Mapping[str, Sequence[Mapping[str, object]]]) -> Iterator[Difference]:
    """What differs, by name, among all runs of all sides."""
    for name in dict.fromkeys(name for found in seen.values() for each in found for name in each):
        values = {label: tuple(dict.fromkeys(_shown(each, name) for each in found)) for label, found in seen.items()}
        if len({value for each in values.values() for value in each}) > 1:
            sides = [SideValue(side=label, values=each) for label, each in values.items() if each]
            yield Difference(what=name, sides=tuple(sides))


def _circumstances(result: RunResult) -> dict[str, object]:
    """What must be alike: the machine as the gate compares machines, its GPUs, the server, and what was asked how.

    How many trials there are may differ; the model, its quantisation included, is what is compared.
    """
    plan, server = result.plan, result.server
    machine = result.environment or {"hardware": result.hardware.label}
    found: dict[str, object] = {f"machine {key}": value for key, value in machine.items()}
    gpus = [f"{gpu.name} ({gpu.memory_bytes} bytes, driver {gpu.driver})" for gpu in result.hardware.gpus]
    found |= {
        "GPUs": ", ".join(gpus) or "none",
        "server": f"{server.kind} {server.version}",
        "server host": "this machine" if server.local else server.url,
        "num_ctx": plan.num_ctx,
        "seed": plan.seed,
        "temperature": plan.temperature,
        "think": plan.think,
    }
    for phase in TIMED_PHASES:
        if phase in plan.prompts:
            found |= _asked(f"{phase} prompt", plan.prompts[phase])
    return found


def _quality(result: RunResult) -> dict[str, object]:
    """What must be alike in the runs that were asked for quality."""
    found: dict[str, object] = {}
    for prompt in result.plan.quality_prompts:
        found |= _asked(f"quality prompt {prompt.id}", prompt)
    return found


def _asked(what: str, prompt: PlannedPrompt) -> dict[str, object]:
    digest = hashlib.sha256(prompt.text.encode(errors="surrogatepass")).hexdigest()[:12]
    return {f"{what} sha256": digest, f"{what} num_predict": prompt.num_predict}


def _shown(found: Mapping[str, object], name: str) -> str:
    if name not in found:
        return "absent"
    value = found[name]
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
