"""Is this small model good enough on this hardware, or do you need a bigger one?

from ollama_bench import run_benchmark
result = run_benchmark("llama3.2:1b")
print(result.verdict.decision)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ollama_bench.run import run_benchmark

__version__ = "0.1.0"
__all__ = ["__version__", "run_benchmark"]


def __getattr__(name: str) -> Any:
    """`run_benchmark` is imported when it is asked for: it brings httpx, pydantic and the rest."""
    if name == "run_benchmark":
        from ollama_bench.run import run_benchmark

        return run_benchmark
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
