"""Sends one generate request and stamps the answer's chunks as they arrive."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ollama_bench.server.answer import AnswerReader, BadAnswerError, error_words
from ollama_bench.trial import RequestError, Stream

MAX_ERROR_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Timeouts:
    """How long a server may be silent, in seconds."""

    first_byte_s: float = 300.0
    """From the request to the first byte: Ollama sends its head with the first token, so a load is in it."""
    gap_s: float = 60.0
    """Between two chunks after that."""
    adjustable: bool = False
    """Whether the command in hand has the option --timeout, so that an error may name it."""


@dataclass
class _Wire:
    """What httpcore tells of the connection, by its trace extension."""

    timeout: dict[str, float]
    written_ns: int = 0
    connected_anew: bool = False

    def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_body.complete":
            self.written_ns = time.monotonic_ns()
        elif event == "connection.connect_tcp.started":
            self.connected_anew = True


def stream_answer(
    http: httpx.Client, body: Mapping[str, Any], timeouts: Timeouts, reader: AnswerReader
) -> tuple[int, Stream]:
    """POST `body` to /api/generate, feeding `reader`; the moment it was written (monotonic ns) and the answer.

    Never raises for what a server does: the failure is in `Stream.error`, with all that came before it.
    """
    wire = _Wire({"connect": 10.0, "pool": 10.0, "write": 60.0, "read": timeouts.first_byte_s})
    request = http.build_request(
        "POST",
        "/api/generate",
        content=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        extensions={"trace": wire.trace, "timeout": wire.timeout},
    )
    cpu_ns = time.thread_time_ns()
    wire.written_ns = time.monotonic_ns()  # stands if the request cannot be written at all
    error: RequestError | None = None
    try:
        response = http.send(request, stream=True)
        try:
            wire.timeout["read"] = timeouts.gap_s  # httpcore looks here again when the body is read
            error = _read(response, reader, wire)
        finally:
            response.close()
    except BadAnswerError as bad:
        error = bad.error
    except httpx.HTTPError as failure:
        if not reader.finished:
            error = transport_error(failure, wire.timeout["read"], adjustable=timeouts.adjustable)
    stream = reader.stream(error, connected_anew=wire.connected_anew)
    return wire.written_ns, stream.model_copy(update={"client_cpu_ns": time.thread_time_ns() - cpu_ns})


def _read(response: httpx.Response, reader: AnswerReader, wire: _Wire) -> RequestError | None:
    """Feed the whole body to `reader`; a status other than 200 is returned as the error that it is."""
    if response.status_code != httpx.codes.OK:
        return _status_error(response)
    arrived_ns = wire.written_ns
    for chunk in response.iter_raw():
        arrived_ns = time.monotonic_ns()
        reader.feed(chunk, arrived_ns - wire.written_ns)
    reader.close(arrived_ns - wire.written_ns)
    return None


def _status_error(response: httpx.Response) -> RequestError:
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ERROR_BODY_BYTES:
            break
    words = error_words(body)
    status = f"{response.status_code} {response.reason_phrase}".strip()
    return RequestError(
        kind="http_status",
        message=f"the server answered {status}" + (f": {words}" if words else ""),
        status=response.status_code,
    )


def transport_error(failure: httpx.HTTPError, read_timeout_s: float, *, adjustable: bool) -> RequestError:
    """Why the connection failed, without httpx's own words where they are empty."""
    if isinstance(failure, httpx.ReadTimeout):
        hint = " (see --timeout)" if adjustable else ""
        return RequestError(kind="timeout", message=f"the server was silent for {read_timeout_s:g} s{hint}")
    if isinstance(failure, httpx.TimeoutException):
        return RequestError(kind="timeout", message=f"the connection timed out ({type(failure).__name__})")
    return RequestError(kind="connection", message=f"the connection failed: {str(failure) or type(failure).__name__}")
