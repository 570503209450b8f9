"""The document itself."""

from ollama_bench.scorecard import RunResult


def render_json(result: RunResult) -> str:
    """One JSON object."""
    return result.to_json()
