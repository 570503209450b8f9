"""The Prism console's three components as one small server on a real socket, whose answers a test chooses."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LANDING = '<script type="module" src="dashboard.js"></script>'

Answer = tuple[int, Any]
"""A status, and text or what is sent as JSON."""


class ConsoleStub:
    """`on` maps "METHOD path" to a function of how often it was asked before; the rest is 404. `asked` counts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: Counter[str] = Counter()
        self.on: dict[str, Callable[[int], Answer]] = {
            "GET /": lambda _n: (200, LANDING),
            "GET /dashboard.js": lambda _n: (200, "export {}"),
            "POST /api/quantum/login": lambda _n: (200, {"session_id": "s"}),
            "GET /api/quantum/chsh/simulate": lambda _n: (200, {"S_estimate": 2.8}),
            "POST /jobs/grain-coarsening": lambda _n: (202, {"id": "1", "status": "pending"}),
            "GET /jobs/1": lambda n: (200, {"status": "succeeded" if n % 2 else "running"}),
        }

    @property
    def environment(self) -> dict[str, str]:
        """For the script."""
        return {
            "UI_BASE_URL": self.url,
            "QUANTUM_BASE_URL": self.url,
            "MATERIALS_BASE_URL": self.url,
            "QUICK": "1",
            "HOLD_S": "1",
        }


@contextmanager
def console_stub() -> Iterator[ConsoleStub]:
    """On a free port of loopback."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer()

        def _answer(self) -> None:
            key = f"{self.command} {self.path.partition('?')[0]}"
            with lock:
                before = stub.asked[key]
                stub.asked[key] += 1
            status, value = stub.on.get(key, lambda _n: (404, "nothing here"))(before)
            body = (value if isinstance(value, str) else json.dumps(value)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub = ConsoleStub(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()
