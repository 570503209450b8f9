"""`ollama-bench show`: saved documents in any format."""

from collections.abc import Sequence
from pathlib import Path

from ollama_bench.output import print_result, width_of_stdout
from ollama_bench.render.together import render_results
from ollama_bench.run import load_policy
from ollama_bench.scorecard import load
from ollama_bench.summarize import decide


def show_files(files: Sequence[Path], fmt: str, policy: Path | None) -> None:
    """Print all of `files`, decided anew by `policy` if there is one. Raises ConfigurationError."""
    results = [load(file) for file in files]
    if policy is not None:
        rule = load_policy(policy)
        results = [decide(result, rule) for result in results]
    print_result(render_results(results, fmt, several=len(files) > 1, room=width_of_stdout()))
