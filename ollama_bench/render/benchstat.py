"""Lines of Go's benchmark format, as Ollama's own bench tool (its cmd/bench) prints them, for `benchstat old new`.

The format: https://go.dev/design/14313-benchmark-format. One line a trial and step, since benchstat wants samples.
Ollama's tool has one kind of request; ours stand apart as `/phase=` behind the step.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ollama_bench.metrics import trial_metrics
from ollama_bench.scorecard import RunResult
from ollama_bench.trial import TIMED_PHASES, Trial
from orchestrator.clean import one_line

MAX_NAME_CHARS = 200
"""Of a model's name; a line that is longer than 64 KiB would end benchstat's reading."""


def render_benchstat(results: Sequence[RunResult]) -> str:
    """The good trials of all `results`; each begins with its machine, since benchstat compares within one."""
    return "\n".join(line for result in results for line in [*_head(result), *_lines(result)]) + "\n"


def _head(result: RunResult) -> list[str]:
    """Keys that benchstat keeps tables apart by, then what Ollama's tool tells of a model, as a comment."""
    model = result.model
    told = {
        "Model": model.name,
        "Params": _parameters(model.parameter_count),
        "Quant": model.quantization or "unknown",
        "Family": model.family or "unknown",
        **_memory(result),
        "NumCtx": str(result.plan.num_ctx),
        "Profile": result.plan.profile,
        "Server": f"{result.server.kind} {result.server.version}",
        "Run": result.started_at.isoformat(timespec="seconds"),
        **({"Measurement": "VALID" if result.validity.valid else "DOUBTFUL"} if result.validity else {}),
    }
    return [
        f"goos: {_fact(result, 'system').lower()}".rstrip(),
        f"goarch: {_GOARCH.get(_fact(result, 'architecture').lower(), _fact(result, 'architecture'))}".rstrip(),
        f"cpu: {one_line(result.hardware.cpu or '') if result.server.local else ''}".rstrip(),
        "# " + " | ".join(f"{key}: {one_line(value)}" for key, value in told.items()),
    ]


_GOARCH = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def _fact(result: RunResult, key: str) -> str:
    """Of the machine that the server runs on; empty (which takes an earlier run's away) where that is another one."""
    return one_line(str(result.environment.get(key) or "")) if result.server.local else ""


def _lines(result: RunResult) -> Iterator[str]:
    name = quote(one_line(result.model.name, MAX_NAME_CHARS), safe=":@+") or "unknown"
    for phase in TIMED_PHASES:
        found = result.phases.get(phase)
        for trial in found.trials if found else ():
            for step, values in _steps(trial) if trial.ok else ():
                yield f"BenchmarkModel/name={name}/step={step}/phase={phase} 1 {values}"


def _steps(trial: Trial) -> Iterator[tuple[str, str]]:
    """Each step that the trial has a figure for: rates as in the document, and times in whole nanoseconds."""
    metrics, server = trial_metrics(trial), trial.server
    for step, rate in (("prefill", metrics["prompt_tok_s"]), ("generate", metrics["gen_tok_s"])):
        if rate is not None:
            yield step, f"{1e9 / rate:.2f} ns/token {rate:.2f} token/sec"
    times = {
        "ttft": trial.chunk_ns[0] if trial.chunk_ns else None,
        "load": server.load_duration_ns if metrics["load_s"] is not None else None,
        "total": server.total_duration_ns,
        "latency": trial.end_ns,
    }
    for step, duration_ns in times.items():
        if duration_ns is not None and duration_ns > 0:
            yield step, f"{duration_ns} ns/op"


def _parameters(count: int | None) -> str:
    if count is None or count <= 0:
        return "unknown"
    return f"{count / 1e9:.1f}B" if count >= 1e9 else f"{count / 1e6:.1f}M"


def _memory(result: RunResult) -> dict[str, str]:
    """What the server said of the loaded model, in bytes, as Ollama's tool has it."""
    loaded = [trial.loaded_before for phase in result.phases.values() for trial in phase.trials if trial.loaded_before]
    if not loaded or loaded[-1].size_bytes is None:
        return {}
    return {"Size": str(loaded[-1].size_bytes), "VRAM": str(loaded[-1].size_vram_bytes or 0)}
