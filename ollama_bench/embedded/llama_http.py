"""A client for llama.cpp's HTTP server in the runner: one POST, one answer, read as it arrives.

Why not an HTTP library: every token passes here while the engine computes on the same cores, and what this
process uses the engine loses. With httpx a token cost 0.2 ms more, and generation was 5 % slower on two cores.
The peer is our own child; it answers with a Content-Length or in chunks.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from ollama_bench.embedded.wire import Json

MAX_BUFFER_BYTES = 64 << 20


class BrokenReplyError(Exception):
    """The connection ended before the answer did, or what came is not an answer."""


@dataclass(frozen=True)
class Address:
    """Where a runner listens, and the key that it asks for."""

    host: str
    port: int
    key: str


class Reply(asyncio.Protocol):
    """The answer to one request. `status` is 0 until the head has come."""

    def __init__(self) -> None:
        self.status = 0
        self._buffer = b""
        self._blocks: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._chunked = False
        self._missing = 0
        self._ended = False
        self._failure: str | None = None

    def data_received(self, data: bytes) -> None:
        """Take what the socket has, and wake the reader."""
        self._buffer += data
        try:
            if self.status or self._read_head():
                if self._chunked:
                    self._read_chunks()
                else:
                    self._read_plain()
        except (ValueError, IndexError):
            self._failure = "not an HTTP answer"
        if len(self._buffer) > MAX_BUFFER_BYTES:
            self._failure = f"more than {MAX_BUFFER_BYTES} bytes in one piece"
        self._arrived.set()

    def connection_lost(self, error: Exception | None) -> None:
        """Note an end that came too early."""
        if not self._ended and self._failure is None:
            self._failure = str(error or "unexpected EOF")
        self._arrived.set()

    async def blocks(self) -> AsyncGenerator[bytes]:
        """Yield the body in the pieces in which it was sent. Raises BrokenReplyError."""
        while True:
            while self._blocks:
                yield self._blocks.popleft()
            if self._ended:
                return
            if self._failure is not None:
                raise BrokenReplyError(self._failure)
            self._arrived.clear()
            await self._arrived.wait()

    async def head(self) -> int:
        """Wait for the status. Raises BrokenReplyError."""
        while not self.status:
            if self._failure is not None:
                raise BrokenReplyError(self._failure)
            self._arrived.clear()
            await self._arrived.wait()
        return self.status

    def _read_head(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        first, *lines = head.lower().split(b"\r\n")
        headers = {name: value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        self._chunked = headers.get(b"transfer-encoding") == b"chunked"
        self._missing = int(headers.get(b"content-length", b"0"))
        self._buffer = rest
        self.status = int(first.split()[1])
        return True

    def _read_plain(self) -> None:
        if self._buffer:
            self._blocks.append(self._buffer)
            self._missing -= len(self._buffer)
            self._buffer = b""
        self._ended = self._missing <= 0

    def _read_chunks(self) -> None:
        while (line_end := self._buffer.find(b"\r\n")) >= 0:
            size = int(self._buffer[:line_end], 16)
            start, end = line_end + 2, line_end + 2 + size
            if size == 0:
                self._ended = True
                return
            if len(self._buffer) < end + 2:
                return
            self._blocks.append(self._buffer[start:end])
            self._buffer = self._buffer[end + 2 :]


async def post(address: Address, path: str, body: Json) -> tuple[asyncio.Transport, Reply]:
    """Send one request on a connection of its own; the caller closes the transport. Raises OSError."""
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nAuthorization: Bearer {address.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    )
    transport, reply = await asyncio.get_running_loop().create_connection(Reply, address.host, address.port)
    transport.write(head.encode() + data)
    return transport, reply
