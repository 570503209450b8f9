"""`ollama-bench gate FILE` and `run --gate`: a model's run under the orchestrator's gate."""

import json
from collections.abc import Sequence
from pathlib import Path

from ollama_bench.model_run import run_of
from ollama_bench.output import print_result
from ollama_bench.scorecard import RunResult, load
from orchestrator.artifacts import Artifacts
from orchestrator.gate_text import gate_markdown, gate_text
from orchestrator.gatekeeper import hold_runs
from orchestrator.github import append_summary
from orchestrator.verdict import FailOn, GateReport


def hold_results(
    results: Sequence[RunResult], artifacts: Path, slo_file: Path | None, fail_on: FailOn = "any"
) -> GateReport:
    """Judge the warm latencies of each of `results` as one run, all together. Raises BenchError."""
    return hold_runs([run_of(result) for result in results], Artifacts(artifacts), slo_file, fail_on)


def gate_file(file: Path, artifacts: Path, slo_file: Path | None, fail_on: FailOn, *, as_json: bool) -> int:
    """Judge a saved document and print the report; the gate's exit code."""
    report = hold_results([load(file)], artifacts, slo_file, fail_on)
    print_result(json.dumps(report.to_json(), indent=2) + "\n" if as_json else gate_text(report))
    append_summary([gate_markdown(report)])
    return report.exit_code
