"""Lines of an answer -> HTTP: streamed as NDJSON, or folded into one object."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Generic, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ollama_bench.embedded.wire import ApiError, Json, encode

JSON_TYPE = "application/json; charset=utf-8"
NDJSON_TYPE = "application/x-ndjson"

_Item = TypeVar("_Item")


def json_response(value: Json, status: int = 200) -> Response:
    """Return one JSON object."""
    return Response(encode(value), status, media_type=JSON_TYPE)


def error_response(error: ApiError) -> Response:
    """Return an error as Ollama words it."""
    return json_response({"error": error.message}, error.status)


class Answer(Response, Generic[_Item]):
    """An answer made item by item, each a line by `form`; `fold` makes one object of the lines, None streams them.

    There may be no item at all: then the stream is empty, and `fold` gets an empty list.

    A client that leaves closes the generator, wherever it is.

    The head is sent with the first line, as Ollama does: an error before it has a status of its own, an error
    after it is one more line of a stream. A generator that ends without `done: true` ends the body so.
    """

    def __init__(
        self,
        items: AsyncGenerator[_Item],
        *,
        form: Callable[[_Item], Json],
        fold: Callable[[Sequence[Json]], Json] | None,
    ) -> None:
        super().__init__()
        self._items = items
        self._form = form
        self._fold = fold

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, or stop making it when the client is gone."""
        work = asyncio.create_task(self._send(scope, receive, send))
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            work.cancel()
            await asyncio.wait({work, gone})
        if not work.cancelled():
            work.result()

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._items) as items:
            try:
                if self._fold is not None:
                    whole = json_response(self._fold([self._form(item) async for item in items]))
                    await whole(scope, receive, send)
                    return
                first = await anext(items, None)
            except ApiError as error:
                await error_response(error)(scope, receive, send)
                return
            head = [(b"content-type", NDJSON_TYPE.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            try:
                if first is not None:
                    await _write(send, self._form(first))
                async for item in items:
                    await _write(send, self._form(item))
            except ApiError as error:
                await _write(send, {"error": error.message})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _write(send: Send, line: Json) -> None:
    await send({"type": "http.response.body", "body": encode(line) + b"\n", "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
