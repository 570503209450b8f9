"""The official client, kept from reading OLLAMA_HOST.

Its import builds a default client from that variable, and dies of values that Ollama itself takes (a port out of
range). Which server is meant is settled in `address.py`, and every client here is given its URL.
"""

import os

_host = os.environ.pop("OLLAMA_HOST", None)
try:
    import ollama
finally:
    if _host is not None:
        os.environ["OLLAMA_HOST"] = _host

__all__ = ["ollama"]
