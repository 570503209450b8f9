"""The embedded server as a process of its own."""

import sys
import threading
import time
from types import TracebackType

import httpx

from ollama_bench.child import Child
from ollama_bench.embedded.extra import require_extra
from ollama_bench.errors import ServerError

START_TIMEOUT_S = 60.0
_LISTENING = "listening on "


class EmbeddedServer:
    """A context manager: the server runs on a free loopback port inside the `with`, and is gone after it.

    `url` and `pid` are the server's. It ends with this process too, however that ends. `arguments` are passed on
    to `python -m ollama_bench.embedded`. Entering raises MissingExtraError without the `embedded` extra, and
    ServerError with the server's last words when it does not start.
    """

    url: str
    pid: int

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def __enter__(self) -> "EmbeddedServer":
        require_extra()
        command = [sys.executable, "-P", "-m", "ollama_bench.embedded", "--port", "0", "--end-with-parent"]
        self._child = Child([*command, *self._arguments], read_stdout=True)
        self._process = self._child.process
        self.pid = self._process.pid
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._child.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.stop()

    @property
    def log(self) -> str:
        """The end of what the server and its runner wrote to standard error."""
        return self._child.log

    def _wait_until_it_answers(self) -> None:
        assert self._process.stdout is not None
        watchdog = threading.Timer(START_TIMEOUT_S, self._process.kill)
        try:
            watchdog.start()
            line = self._process.stdout.readline().decode("utf-8", "replace").strip()
        finally:
            watchdog.cancel()
        self.url = line.removeprefix(_LISTENING)
        deadline_s = time.monotonic() + START_TIMEOUT_S
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            while line.startswith(_LISTENING) and self._process.poll() is None and time.monotonic() < deadline_s:
                try:
                    client.get(f"{self.url}/api/version").raise_for_status()
                except httpx.HTTPError:
                    time.sleep(0.02)
                else:
                    return
        self._process.kill()
        self._process.wait()
        raise ServerError(
            f"the embedded server did not start (exit status {self._process.returncode}): {self._child.last_words()}"
        )
