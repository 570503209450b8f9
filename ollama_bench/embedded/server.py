"""The server in the foreground: a socket, uvicorn, and an orderly end."""

import ipaddress
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from ollama_bench.embedded.app import build_app
from ollama_bench.embedded.catalogue import Catalogue
from ollama_bench.embedded.log import unblocked_stderr
from ollama_bench.embedded.request import parse_go_duration
from ollama_bench.embedded.scheduler import Scheduler
from ollama_bench.embedded.wire import FOREVER_S, ApiError
from ollama_bench.errors import ServerError
from orchestrator.errors import ConfigurationError

IDLE_CONNECTION_S = 3600
"""How long a connection may stay open without a request; Ollama's has no limit."""


def serve(host: str, port: int, models: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; both end the runner too. Port 0 means any free one.

    Prints "listening on URL" once requests are accepted. `models` is a folder of GGUF files to list by name.
    Raises ConfigurationError for a bad host, folder or environment variable, ServerError when it cannot listen.
    """
    if not host:  # a socket takes it for every interface
        raise ConfigurationError("--host is empty: an address or a name is needed; 0.0.0.0 is every interface")
    if models is not None and not models.is_dir():
        raise ConfigurationError(f"--models {models}: there is no such folder")
    loopback = _is_loopback(host)
    scheduler = Scheduler(
        parallel=_positive("OLLAMA_NUM_PARALLEL", 1),
        max_queue=_positive("OLLAMA_MAX_QUEUE", 512),
        keep_alive_s=_default_keep_alive_s(),
    )
    app = build_app(Catalogue(models, allow_paths=loopback), scheduler, loopback=loopback)

    with _listen(host, port) as listener, unblocked_stderr():
        url = f"http://{_bracketed(host)}:{listener.getsockname()[1]}"

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            print(f"listening on {url}", flush=True)
            yield
            await scheduler.close()

        app.router.lifespan_context = lifespan
        config = uvicorn.Config(
            app,
            ws="none",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=IDLE_CONNECTION_S,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "choose another with --port" if port else "choose another --host"
        raise ServerError(f"cannot listen on {_bracketed(host)}:{port} ({reason}): {remedy}") from None
    # asyncio sets TCP_NODELAY only where the protocol is named, and create_server leaves it out.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _positive(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    if not text:
        return default
    if not re.fullmatch("0*[1-9][0-9]{0,5}", text):
        raise ConfigurationError(f"{variable}={text[:80]!r}: a whole number from 1 to 999999 is needed")
    return int(text)


def _default_keep_alive_s() -> float:
    text = os.environ.get("OLLAMA_KEEP_ALIVE", "")
    if not text:
        return 300.0
    try:
        seconds = float(int(text)) if text.lstrip("+-").isdigit() else parse_go_duration(text)
    except (ApiError, ValueError, OverflowError):
        raise ConfigurationError(f"OLLAMA_KEEP_ALIVE={text!r}: a duration such as 5m or 300 is needed") from None
    return FOREVER_S if seconds < 0 else min(seconds, FOREVER_S)
