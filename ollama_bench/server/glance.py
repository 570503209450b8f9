"""The names of a server's models at once, or not at all: for a shell, while a person waits for a line to be completed.

By the standard library alone: the official client takes longer to import than a person waits.
"""

import json
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

PATIENCE_S = 0.3
MAX_ANSWER_BYTES = 4 * 2**20


def names_at_a_glance(url: str, patience_s: float = PATIENCE_S) -> list[str]:
    """What /api/tags of the server at `url` names; nothing when that does not come in `patience_s`.

    Asks no other machine: neither a proxy nor what the server points to. Raises nothing.
    """
    names: list[str] = []
    # in a thread, since finding an address, and an answer that trickles, know no time-out
    asking = threading.Thread(target=lambda: names.extend(_names(url, patience_s)), daemon=True)
    asking.start()
    asking.join(patience_s)
    return [] if asking.is_alive() else names


def _names(url: str, patience_s: float) -> list[str]:
    try:
        found = json.loads(_get(f"{url}/api/tags", patience_s))["models"]
        names = [model["name"] for model in found]
    except (OSError, HTTPException, ValueError, LookupError, TypeError, RecursionError):
        return []
    return [name for name in names if isinstance(name, str)]


def _get(url: str, patience_s: float) -> bytes:
    """The body of an answer 200; else nothing. Raises OSError, HTTPException, ValueError."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=patience_s)
    try:
        connection.request("GET", parts.path, headers={"Accept-Encoding": "identity"})
        response = connection.getresponse()
        return response.read(MAX_ANSWER_BYTES) if response.status == 200 else b""
    finally:
        connection.close()
