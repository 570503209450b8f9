"""Small forms that every answer shares: errors, JSON text, time stamps."""

import json
import time
from typing import Any

Json = dict[str, Any]

FOREVER_S = float(2**63 - 1) / 1e9
"""What Ollama keeps for "no limit": the longest duration of Go, about 292 years."""


class ApiError(Exception):
    """An error that the client gets as `{"error": message}` with this HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_supported(what: str) -> ApiError:
    """Build the 501 for a part of Ollama's API that this engine does not have."""
    return ApiError(501, f"the embedded engine does not support {what}")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(value: Json) -> bytes:
    """Return compact JSON in UTF-8, as Ollama sends it."""
    # A lone surrogate cannot be UTF-8; it can only come from a client's own escape.
    return _ENCODER.encode(value).encode("utf-8", "replace")


def timestamp(unix_ns: int) -> str:
    """Return UTC in RFC 3339 with up to nine digits of the second, trailing zeros cut."""
    seconds, ns = divmod(unix_ns, 1_000_000_000)
    fraction = f".{ns:09d}".rstrip("0") if ns else ""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + fraction + "Z"
