"""Which server is meant: --host, else OLLAMA_HOST, read as Ollama reads it."""

import ipaddress
import logging
import re
from collections.abc import Mapping

from orchestrator.errors import ConfigurationError

DEFAULT_PORTS = {"": 11434, "http": 80, "https": 443}
"""By the scheme as written; without one it is Ollama's own port, over plain http."""

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})")

logger = logging.getLogger("ollama_bench")


def server_url(option: str | None, environ: Mapping[str, str]) -> str:
    """The base URL of the server, such as `http://127.0.0.1:11434`, without a trailing slash.

    `option` (--host) wins over OLLAMA_HOST; both take every form that Ollama takes: `host`, `host:port`, `:port`,
    `http://…`, `https://…`, an IPv6 address with or without brackets, a path behind it; quotes and blanks around
    are dropped. 0.0.0.0 and :: mean this machine. Raises ConfigurationError.
    """
    if option is not None:
        return _parse(option, "--host", strict=True)
    return _parse(environ.get("OLLAMA_HOST", ""), "OLLAMA_HOST", strict=False)


def _parse(text: str, name: str, *, strict: bool) -> str:
    scheme, separator, rest = text.strip().strip("\"'").strip().partition("://")
    if not separator:
        scheme, rest = "", scheme
    elif scheme not in ("http", "https"):
        raise ConfigurationError(f"{name}: {text!r}: the scheme {scheme!r} is not http or https")
    hostport, _, path = rest.partition("/")
    host, port_text = _split_port(hostport)
    port = DEFAULT_PORTS[scheme]
    if port_text:
        if port_text.isascii() and port_text.isdigit() and int(port_text) <= 65535:
            port = int(port_text)
        elif strict:
            raise ConfigurationError(f"{name}: {text!r}: the port {port_text!r} is not a number from 0 to 65535")
        else:  # Ollama itself goes on with the default, and says so
            logger.warning("OLLAMA_HOST: the port %r is not valid: using %d, as Ollama does", port_text, port)
    path = path.strip("/")
    if not path.isprintable() or " " in path:
        raise ConfigurationError(f"{name}: {text!r}: {path!r} is not a path")
    return f"{scheme or 'http'}://{_reachable(host, name, text)}:{port}" + (f"/{path}" if path else "")


def _split_port(hostport: str) -> tuple[str, str]:
    """("host", "port"); the port is empty where there is none. A bare IPv6 address has no port."""
    if hostport.startswith("["):
        host, _, port = hostport[1:].partition("]")
        return host, port.removeprefix(":")
    if hostport.count(":") > 1:
        return hostport, ""
    host, _, port = hostport.partition(":")
    return host, port


def _reachable(host: str, name: str, text: str) -> str:
    """The host as a client must write it: an address to listen on everywhere becomes this machine's own."""
    try:
        address = ipaddress.ip_address(host or "127.0.0.1")
    except ValueError:
        if not _HOST_NAME.fullmatch(host) or not _is_domain(host):
            raise ConfigurationError(f"{name}: {text!r}: {host!r} is not a host name or address") from None
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return str(address) if address.version == 4 else f"[{address}]"


def _is_domain(host: str) -> bool:
    """Whether every label is one: not empty, not too long, no broken internationalised name, and not all numbers."""
    try:
        host.removesuffix(".").encode("idna").decode("idna")
    except UnicodeError:
        return False
    return re.fullmatch(r"[0-9.]+", host) is None
