"""HTTP/1.1 on a real socket, written by hand so that a test can break it anywhere."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]

KINDS = {"GET": ("version", "tags", "ps"), "POST": ("show", "pull")}


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    """By name in lower case."""
    body: Json
    connection: int
    """Number of the TCP connection that it came on, from 0."""
    connected_ns: int
    """When that connection was accepted, on the monotonic clock."""
    arrived_ns: int

    @property
    def kind(self) -> str:
        """The last part of the path; the three uses of /api/generate are told apart."""
        name = self.path.rpartition("/api/")[2]  # what stands before it is a proxy's business
        if (self.method, name) == ("POST", "generate"):
            return "generate" if self.body.get("prompt") else "unload" if self.body.get("keep_alive") == 0 else "load"
        return name if name in KINDS.get(self.method, ()) else "unknown"


class Exchange:
    """One request and the means to answer it, well or badly."""

    def __init__(self, request: Request, connection: socket.socket) -> None:
        self.request = request
        self.body, self.headers = request.body, request.headers
        self._connection = connection
        self.over = False
        """The connection is of no use any more."""

    def raw(self, data: bytes) -> None:
        """These bytes and no others."""
        self._connection.sendall(data)

    def answer(self, body: bytes, status: int = 200, content_type: str = "application/json; charset=utf-8") -> None:
        """A whole answer with its length."""
        self.raw(
            f"HTTP/1.1 {status} Scripted\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def json(self, value: object, status: int = 200) -> None:
        """A whole JSON answer."""
        self.answer(json.dumps(value).encode(), status)

    def start(self) -> None:
        """The head of a stream."""
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        """One HTTP chunk of a stream."""
        self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    def line(self, **fields: object) -> None:
        """One JSON line of a stream, in a chunk of its own as Ollama sends them."""
        self.chunk(json.dumps(fields).encode() + b"\n")

    def end(self) -> None:
        """The end of a stream, in peace."""
        self.chunk(b"")

    def close(self) -> None:
        """Hang up, orderly as far as TCP goes."""
        self.over = True
        self._connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Break the connection with an RST."""
        self.over = True
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def hang(self) -> None:
        """Say nothing until the client leaves or the server is stopped."""
        self.over = True
        self._connection.recv(1)


Handler = Callable[[Exchange], None]


class HttpServer:
    """Answers with `handle` on a free port, a thread for each connection, inside `with`."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self._crashes: list[BaseException] = []

    def handle(self, exchange: Exchange) -> None:
        """Answer one request. What it raises is raised again at the end of the `with`."""
        raise NotImplementedError

    def stopped(self) -> None:
        """Called when no request can come any more."""

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for open_socket in (self._listener, *self._connections):
            _hang_up(open_socket)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        self.stopped()
        if self._crashes and error is None:
            raise self._crashes[0]

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            self._spawn(self._serve, connection, number)
            number += 1

    def _serve(self, connection: socket.socket, number: int) -> None:
        connected_ns = time.monotonic_ns()
        with connection, connection.makefile("rb") as stream:
            try:
                while (request := read_request(stream, number, connected_ns)) is not None:
                    exchange = Exchange(request, connection)
                    self.handle(exchange)
                    if exchange.over:
                        return
            except OSError:
                return  # the client has left, or the server is being stopped
            except BaseException as error:  # noqa: BLE001 (a test's own script: shown by __exit__)
                self._crashes.append(error)


def read_request(stream: Any, connection: int, connected_ns: int) -> Request | None:
    """The next request of a connection; None when there is none."""
    request_line = stream.readline()
    if not request_line.startswith((b"GET ", b"POST ")):
        return None  # the end, or something else than HTTP, such as a TLS handshake
    arrived_ns = time.monotonic_ns()
    method, target, _ = request_line.decode("ascii").split()
    headers = {}
    while header := stream.readline().strip():
        name, _, value = header.partition(b":")
        headers[name.lower()] = value.strip()
    data = stream.read(int(headers.get(b"content-length", 0)))
    body = json.loads(data) if data else {}
    return Request(method, target, headers, body, connection, connected_ns, arrived_ns)


def _hang_up(open_socket: socket.socket) -> None:
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:  # it was closed, or the other side was first
        return
