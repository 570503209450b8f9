"""`ollama-bench selftest`: this machine's errors, as a table or as JSON."""

import json

from ollama_bench.output import print_result
from ollama_bench.selftest.run import STANDARD, run_selftest
from orchestrator.errors import BenchError
from orchestrator.progress import Progress


def self_test(*, as_json: bool) -> int:
    """Run it and print it: 0 when all is within its limits, 3 when this machine could not measure well enough."""
    total = len(STANDARD.scripts)
    with Progress() as progress:
        report = run_selftest(STANDARD, lambda done: progress.tell("self-test", done, total, "answers"))
    print_result(json.dumps(report.to_json(), indent=1) + "\n" if as_json else report.to_text())
    return 0 if report.ok else BenchError.exit_code
