"""Whether the packages of an optional part are installed."""

import importlib.util
from collections.abc import Sequence

from ollama_bench.errors import MissingExtraError


def require(extra: str, needs: str, packages: Sequence[str]) -> None:
    """Raise MissingExtraError unless the `packages` of `extra` are installed; `needs` begins the message: "… needs"."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f'{needs} {", ".join(missing)}: install it with `pip install "ollama-bench[{extra}]"`')
