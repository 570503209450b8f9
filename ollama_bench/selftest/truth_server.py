"""A server whose times are known: it plays a script token by token, and stamps what it really did.

It runs in a process of its own, so that it never waits for the interpreter lock of the client under test, and answers
as Ollama does: the head goes out with the first token, each token is one chunk of one line, the last line has the
figures. TCP_NODELAY is set. Each stamp is taken from CLOCK_MONOTONIC, which all processes of a machine share: the
request's when its last byte has been received, a line's just before it is sent. (CLOCK_MONOTONIC is Linux's name; macOS
and Windows share theirs as well.)
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from ollama_bench.errors import ServerError
from orchestrator.start import start_process


@dataclass(frozen=True)
class Script:
    """What to play; it is sent as the prompt."""

    rate_tok_s: float
    tokens: int
    ttft_s: float
    tail_s: float = 0.0
    """From the last token to the last line: real servers take up to 0.17 s."""
    declared_ratio: float = 1.0
    """The rate that it declares over the one that it sends at: with another than 1 it lies, and must be found out."""

    def body(self) -> dict[str, Any]:
        """The request that has it played."""
        options = {"num_predict": self.tokens}
        return {"model": "truth", "prompt": json.dumps(asdict(self)), "stream": True, "options": options}


@dataclass(frozen=True)
class Stamps:
    """What the server did, in monotonic ns."""

    received_ns: int
    sent_ns: list[int]
    """One a token."""
    end_ns: int
    """The last line."""
    eval_duration_ns: int
    """What it declared: n tokens in the time of n, the first having taken one gap of the script."""


class TruthServer:
    """The server as its parent sees it. Use as a context manager; it ends with it, and with this process however that
    ends. Raises ServerError when it is gone too early.
    """

    def __enter__(self) -> Self:
        # A session of its own: Ctrl-C in the terminal goes to the tool, which ends the server when it is done.
        self._process: subprocess.Popen[bytes] = start_process(
            [sys.executable, "-P", "-m", "ollama_bench.selftest.truth_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = self._process.pid
        try:
            self.port = int(self._line())
        except BaseException:
            self._stop()
            raise
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop()

    def stamps(self) -> Stamps:
        """Those of the answer before; call it once after each."""
        return Stamps(**json.loads(self._line()))

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise ServerError(f"the self-test's own server ended too early (exit status {status}): run it again")
        return line

    def _stop(self) -> None:
        self._process.terminate()
        self._process.communicate()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """GET /api/version."""
        body = b'{"version": "0.0.0-truth"}'
        self.wfile.write(_head(f"Content-Length: {len(body)}") + body)

    def do_POST(self) -> None:
        """POST /api/generate."""
        request = self.rfile.read(int(self.headers["Content-Length"]))
        received_ns = time.monotonic_ns()
        stamps = self._play(Script(**json.loads(json.loads(request)["prompt"])), received_ns)
        self.wfile.write(b"0\r\n\r\n")
        print(json.dumps(asdict(stamps)), flush=True)

    def _play(self, script: Script, received_ns: int) -> Stamps:
        gap_ns = round(1e9 / script.rate_tok_s)
        first_ns = received_ns + round(script.ttft_s * 1e9)
        head = _head("Transfer-Encoding: chunked")
        sent_ns = []
        for index in range(script.tokens):
            line = head + _chunk({"model": "truth", "response": f" word{index}", "done": False})
            _sleep_until(first_ns + index * gap_ns)
            sent_ns.append(time.monotonic_ns())
            self.connection.sendall(line)
            head = b""
        eval_duration_ns = round((gap_ns + sent_ns[-1] - sent_ns[0]) / script.declared_ratio)
        last = {
            "model": "truth",
            "response": "",
            "done": True,
            "done_reason": "length",
            "eval_count": script.tokens,
            "eval_duration": eval_duration_ns,
        }
        line = _chunk(last)
        _sleep_until(sent_ns[-1] + round(script.tail_s * 1e9))
        end_ns = time.monotonic_ns()
        self.connection.sendall(line)
        return Stamps(received_ns, sent_ns, end_ns, eval_duration_ns)

    def log_message(self, *_words: object) -> None:
        """Nothing: writing a log takes time."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has left (Ctrl-C) is nothing to write on a person's terminal."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _head(length: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n{length}\r\n\r\n".encode()


def _chunk(part: Mapping[str, Any]) -> bytes:
    line = json.dumps(part).encode() + b"\n"
    return b"%x\r\n%s\r\n" % (len(line), line)


def _sleep_until(due_ns: int) -> None:
    if (wait_ns := due_ns - time.monotonic_ns()) > 0:
        time.sleep(wait_ns / 1e9)


def main() -> None:
    """Serve on a free loopback port, told on stdout, until stdin closes; each answer's stamps are one line there."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
