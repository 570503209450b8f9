"""The client's CPU time per 1,000 streamed tokens, beside the least that Python can do with the same stream.

A client that computes much takes CPU from the model that it measures. Three readers take the same script in turn from
one server in another process; each stamps every arrival: the tool's own `Client.generate`, which also parses each
line; httpx with a bare `iter_raw` loop; a raw socket. Their ratios hold on any machine, their times on this one.
"""

import json
import socket
import time
from collections.abc import Callable
from statistics import median

import httpx
from report import Check

from ollama_bench.selftest.truth_server import Script, TruthServer
from ollama_bench.server.client import Client

RATIO_LIMIT = 2.0
"""Of the tool to bare httpx: reading a line must not cost more than receiving it. In a tight loop it is 2 to 3 µs a
line; between tokens the caches go cold, the more so the more else is running, and it is several times that."""


def check_client_cpu(*, quick: bool) -> list[Check]:
    """CPU ms per 1,000 tokens of the three readers, each the median of its rounds."""
    script = Script(rate_tok_s=300, tokens=60 if quick else 400, ttft_s=0.05)
    with (
        TruthServer() as server,
        Client(server.url) as client,
        httpx.Client(base_url=server.url) as http,
        socket.create_connection(("127.0.0.1", server.port)) as connection,
    ):
        readers: dict[str, Callable[[], object]] = {
            "ollama-bench": lambda: client.generate(script.body()),
            "bare httpx": lambda: _read_by_httpx(http, script),
            "raw socket": lambda: _read_by_socket(connection, script),
        }
        rounds: dict[str, list[float]] = {name: [] for name in readers}
        for index in range(2 if quick else 10):
            for name, read in list(readers.items())[:: 1 if index % 2 else -1]:
                cpu_s = time.process_time()
                read()
                cpu_s = time.process_time() - cpu_s
                server.stamps()
                if index > 0:  # the first is to warm up
                    rounds[name].append(cpu_s * 1e6 / script.tokens)
    ratios = [tool / bare for tool, bare in zip(rounds["ollama-bench"], rounds["bare httpx"], strict=True)]
    return [
        *(Check(f"CPU per 1,000 tokens, {name}", median(values), "ms") for name, values in rounds.items()),
        Check("CPU of ollama-bench / bare httpx", median(ratios), "x", RATIO_LIMIT, f"median of {len(ratios)} pairs"),
    ]


def _read_by_httpx(http: httpx.Client, script: Script) -> list[int]:
    with http.stream("POST", "/api/generate", json=script.body()) as response:
        return [time.monotonic_ns() for _ in response.iter_raw()]


def _read_by_socket(connection: socket.socket, script: Script) -> list[int]:
    body = json.dumps(script.body()).encode()
    connection.sendall(b"POST /api/generate HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    arrived_ns = []
    while not (data := connection.recv(65536)).endswith(b"0\r\n\r\n"):
        if not data:
            raise RuntimeError("the server closed the connection")
        arrived_ns.append(time.monotonic_ns())
    return arrived_ns
