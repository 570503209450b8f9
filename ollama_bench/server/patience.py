"""An end to an answer that computes nothing: a server may send it a byte a second, or without end."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

MAX_ANSWER_BYTES = 16 * 2**20
"""A list of thousands of models, or the longest of licences, is far below this."""


class EndlessAnswerError(ValueError):
    """More than `MAX_ANSWER_BYTES`, or packed so that it may become more."""


class SlowAnswerError(httpx.ReadTimeout):
    """It came, and was not whole in time."""


def bounded(patience_s: float) -> dict[str, list[Callable[[Any], Any]]]:
    """Hooks for an httpx client: each of its answers is whole `patience_s` after the request, or an error."""

    def start(request: httpx.Request) -> None:
        request.extensions.setdefault("deadline_s", time.monotonic() + patience_s)  # kept over redirects

    return {"request": [start], "response": [lambda response: bound(response, patience_s)]}


def bound(response: httpx.Response, patience_s: float) -> None:
    """Let the body, not read yet, end in time, which begins now if no hook saw the request, and at its greatest size.

    Reading it then raises SlowAnswerError or EndlessAnswerError; a packed one raises at once, for nobody asked for it.
    """
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise EndlessAnswerError("its answer is compressed, though none was asked for that is")
    deadline_s = response.request.extensions.get("deadline_s", time.monotonic() + patience_s)
    assert isinstance(response.stream, httpx.SyncByteStream)
    response.stream = _Bounded(response.stream, deadline_s)


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, deadline_s: float) -> None:
        self._stream, self._deadline_s = stream, deadline_s

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for chunk in self._stream:
            length += len(chunk)
            if length > MAX_ANSWER_BYTES:
                raise EndlessAnswerError(f"its answer is longer than {MAX_ANSWER_BYTES // 2**20} MiB")
            if time.monotonic() > self._deadline_s:
                raise SlowAnswerError("")
            yield chunk

    def close(self) -> None:
        self._stream.close()
