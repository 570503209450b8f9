"""Who may talk to the server: checks of the Host and Origin headers, as Ollama does them.

A page of another site in the user's browser can send requests to the loopback address; its Origin, or with DNS
rebinding its Host, tells it apart.
"""

import ipaddress
import os
import re
import socket
from fnmatch import fnmatchcase

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)(:[0-9]+)?")
_APP_SCHEMES = ("app://", "file://", "tauri://", "vscode-webview://", "vscode-file://")
_ONLY_STARS = re.compile(r"[?\[]")
"""What has a meaning in a pattern beside `*`: the address of an IPv6 origin stands in brackets."""
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
    "Access-Control-Allow-Headers": "Authorization,Content-Type,User-Agent,Accept,X-Requested-With",
    "Access-Control-Max-Age": "43200",
}


class AccessCheck:
    """ASGI middleware: 403 without a body for a foreign Host (when bound to loopback) or a foreign Origin."""

    def __init__(self, app: ASGIApp, *, loopback: bool) -> None:
        self._app = app
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if self._loopback and not is_local_host(headers.get("host", "")):
            await Response(status_code=403)(scope, receive, send)
        elif not origin or _same_origin(origin, headers):
            await self._app(scope, receive, send)
        elif not is_allowed_origin(origin):
            await Response(status_code=403)(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, _with_origin(send, origin))
        else:
            await self._app(scope, receive, _with_origin(send, origin))


def is_local_host(header: str) -> bool:
    """Tell whether a Host header names this machine: a local address or name, with or without a port."""
    host = header.lower()
    if match := re.fullmatch(r"\[(.*)\](?::[0-9]*)?|([^:]*):[0-9]*", host):
        host = match[1] or match[2] or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        own = socket.gethostname().lower()
        return host in ("", "localhost", own) or host.endswith((".localhost", ".local", ".internal"))
    return address.is_loopback or address.is_private or address.is_unspecified


def is_allowed_origin(origin: str) -> bool:
    """Tell whether a page of `origin` may use the server; OLLAMA_ORIGINS adds patterns with `*`."""
    if _LOCAL_ORIGIN.fullmatch(origin) or origin.startswith(_APP_SCHEMES):
        return True
    more = os.environ.get("OLLAMA_ORIGINS", "")
    return any(
        fnmatchcase(origin, _ONLY_STARS.sub(r"[\g<0>]", pattern.strip()))
        for pattern in more.split(",")
        if pattern.strip()
    )


def _same_origin(origin: str, headers: Headers) -> bool:
    return origin in (f"http://{headers.get('host')}", f"https://{headers.get('host')}")


def _with_origin(send: Send, origin: str) -> Send:
    async def send_with_origin(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Vary"] = "Origin"
        await send(message)

    return send_with_origin
