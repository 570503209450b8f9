"""One timed answer over a real socket: what is stamped, and what every failure leaves behind."""

from collections.abc import Iterator

import httpx
import pytest

from ollama_bench.server.client import Client
from ollama_bench.server.stream import Timeouts
from ollama_bench.trial import ErrorKind, Stream
from tests.scripted_http import Exchange, Handler
from tests.scripted_server import ScriptedServer, answering, endless, final, huge_line, words

BODY = {"model": "tiny:1b", "prompt": "Say it.", "stream": True, "options": {"num_ctx": 4096, "num_predict": 32}}


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Client]:
    with Client(server.url, Timeouts(first_byte_s=0.3, gap_s=0.2)) as client:
        yield client


def generate(client: Client, server: ScriptedServer, fault: Handler) -> Stream:
    server.on["generate"] = fault
    _, stream = client.generate(BODY)
    return stream


def hangs_before_the_first_byte(x: Exchange) -> None:
    x.hang()


def closes_before_the_first_byte(x: Exchange) -> None:
    x.close()


def resets_before_the_first_byte(x: Exchange) -> None:
    x.reset()


def dies_within_a_chunk(x: Exchange) -> None:
    answering(*words(3), end=lambda x: x.raw(b'40\r\n{"response": "cut'))(x)
    x.close()


def status(code: int, body: bytes = b'{"error": "out of order"}') -> Handler:
    return lambda x: x.answer(body, code)


def bad_framing(x: Exchange) -> None:
    x.start()
    x.raw(b"zz\r\nnot a chunk\r\n")


def not_http(x: Exchange) -> None:
    x.raw(b"220 mail.example.test ESMTP\r\n")
    x.close()


UNKNOWN = None
"""How many chunks are left of an answer after an RST: the kernel drops what the client has not read yet."""

FAULTS: dict[str, tuple[Handler, ErrorKind, int | None, str]] = {
    "reset before the first byte": (resets_before_the_first_byte, "connection", 0, "connection failed"),
    "close before the first byte": (closes_before_the_first_byte, "connection", 0, "connection failed"),
    "silence before the first byte": (hangs_before_the_first_byte, "timeout", 0, "silent for 0.3 s"),
    "silence between chunks": (answering(*words(3), end=Exchange.hang), "timeout", 3, "silent for 0.2 s"),
    "reset in the middle": (answering(*words(3), end=Exchange.reset), "connection", UNKNOWN, "connection failed"),
    "close in the middle": (answering(*words(3), end=Exchange.close), "connection", 3, "connection failed"),
    "close within a chunk": (dies_within_a_chunk, "connection", 3, "connection failed"),
    "bad framing": (bad_framing, "connection", 0, "connection failed"),
    "not HTTP": (not_http, "connection", 0, "connection failed"),
    "error line": (answering(*words(3), {"error": "out of memory"}), "error_line", 3, "out of memory"),
    "broken line": (answering(*words(3), b'{"response": \n'), "bad_line", 3, "not JSON"),
    "bad UTF-8": (answering(*words(3), b'{"response": "\xff"}\n'), "bad_line", 3, "not UTF-8"),
    "huge line": (huge_line, "bad_line", 0, "longer than"),
    "no final object": (answering(*words(3)), "no_done", 3, '"done": true'),
    "zero tokens": (answering(final(eval_count=0)), "no_text", 0, "no text"),
    "endless generation": (endless, "runaway", 128, "ignores num_predict"),
    "500": (status(500), "http_status", 0, "500 Scripted: out of order"),
    "503": (status(503), "http_status", 0, "503 Scripted: out of order"),
    "404": (status(404, b"404 page not found"), "http_status", 0, "404 page not found"),
    "redirect": (status(302, b""), "http_status", 0, "302"),
    "an error page of 10 MB": (status(502, b"<html>" * 1_700_000), "http_status", 0, "502"),
    "an error with escapes": (status(500, b'{"error": "\\u001b]0;x\\u0007"}'), "http_status", 0, "500"),
}


@pytest.mark.parametrize(("fault", "kind", "chunks", "words"), FAULTS.values(), ids=FAULTS)
def test_a_failure_is_told_and_keeps_what_came_before_it(
    client: Client, server: ScriptedServer, fault: Handler, kind: ErrorKind, chunks: int | None, words: str
) -> None:
    stream = generate(client, server, fault)
    assert stream.error is not None
    assert stream.error.kind == kind
    assert words in stream.error.message
    assert chunks is UNKNOWN or len(stream.chunk_ns) == chunks
    assert (stream.end_ns is None) == (kind != "no_text")
    # ... and the next request is none the worse for it.
    server.on.clear()
    assert client.generate(BODY)[1].error is None


UNHARMED: dict[str, Handler] = {
    "text after done": answering(*words(), final(), {"response": "more", "done": False}),
    "garbage after done": answering(*words(), final(), b"\xff\xff{{{"),
    "hanging up after done": answering(*words(), final(), end=Exchange.close),
    "silence after done": answering(*words(), final(), end=Exchange.hang),
    "all lines in one chunk": lambda x: x.answer(b'{"response": "a"}\n{"response": "b"}\n{"done": true}\n'),
    "done_reason missing": answering(*words(), final(done_reason=None)),
    "blank lines": answering(b"\n", *words(), b"\r\n", final()),
}


@pytest.mark.parametrize("fault", UNHARMED.values(), ids=UNHARMED)
def test_an_answer_that_came_whole_is_good_whatever_follows(
    client: Client, server: ScriptedServer, fault: Handler
) -> None:
    stream = generate(client, server, fault)
    assert stream.error is None
    assert "more" not in stream.text


def test_the_connection_is_open_before_the_clock_starts(client: Client, server: ScriptedServer) -> None:
    """The handshake, and whatever the server does at the start of a connection, is in no figure."""
    written_ns, stream = client.generate(BODY)
    opening, request = server.requests
    assert (opening.kind, request.kind) == ("version", "generate")
    assert opening.connection == request.connection
    assert not stream.connected_anew
    assert request.connected_ns < opening.arrived_ns < written_ns
    assert stream.chunk_ns[0] > 0


def test_a_server_that_keeps_no_connection_is_noticed(client: Client, server: ScriptedServer) -> None:
    def version_and_goodbye(x: Exchange) -> None:
        x.raw(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16\r\n\r\n{"version": "1"}')
        x.close()

    server.on["version"] = version_and_goodbye
    _, stream = client.generate(BODY)
    opening, request = server.requests
    assert opening.connection != request.connection
    assert stream.connected_anew
    assert stream.error is None


def test_nothing_in_between_may_compress_or_buffer_the_stream(client: Client, server: ScriptedServer) -> None:
    seen: list[bytes] = []

    def look(x: Exchange) -> None:
        seen.append(x.headers[b"accept-encoding"])
        server.generate(x)

    generate(client, server, look)
    assert seen == [b"identity"]


def test_a_timeout_of_httpx_stays_in_seconds_to_read() -> None:
    from ollama_bench.server.stream import transport_error

    silent = httpx.ReadTimeout("")
    assert transport_error(silent, 300.0, adjustable=False).message == "the server was silent for 300 s"
    named = transport_error(silent, 300.0, adjustable=True).message
    assert named == "the server was silent for 300 s (see --timeout)"
    assert "PoolTimeout" in transport_error(httpx.PoolTimeout(""), 1.0, adjustable=True).message
