"""What a shell is offered for a word that is being typed: models and saved results. Nothing is started for it."""

import os
import re
from pathlib import Path

from orchestrator.errors import BenchError

PLAIN = re.compile(r"[A-Za-z0-9][\w.:/-]{0,199}", re.ASCII)
"""Names that mean themselves in every shell. A server may send others, and they would stand in a command line."""

MOST_NAMES = 1000
RESULTS = Path("scorecards")


def models(host: str | None, *, embedded: bool) -> list[str]:
    """The names of the models of the server that `host` (else OLLAMA_HOST) names, which is asked for 0.3 s at most;
    with `embedded` those that the engine would have, which is not started.
    """
    names = _embedded_models() if embedded else _server_models(host)
    return [name for name in names[:MOST_NAMES] if PLAIN.fullmatch(name)]


def results() -> list[str]:
    """The documents in `scorecards/`, the newest first by the time in their names."""
    paths = [path for path in RESULTS.glob("*.json") if path.name.isprintable()]
    return [
        str(path) for path in sorted(paths, key=lambda path: (path.stem.rpartition("-")[2], path.name), reverse=True)
    ]


def _server_models(host: str | None) -> list[str]:
    from ollama_bench.server.address import server_url
    from ollama_bench.server.glance import names_at_a_glance

    try:
        return names_at_a_glance(server_url(host, os.environ))
    except BenchError:  # not an address
        return []


def _embedded_models() -> list[str]:
    from ollama_bench.embedded.catalogue import PACKAGED, Catalogue
    from ollama_bench.embedded.extra import require_extra

    try:
        require_extra()
    except BenchError:
        return []
    return list(dict.fromkeys([*PACKAGED[::-1], *(model.name for model in Catalogue().models())]))
