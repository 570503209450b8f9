"""The embedded server as a process of its own."""

import subprocess
import sys
import threading
import time
from tempfile import TemporaryFile
from types import TracebackType

import httpx

from ollama_bench.embedded.extra import require_extra
from ollama_bench.errors import ServerError

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
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
        self._log = TemporaryFile("a+b")  # appended to: reading the end moves the position that both share
        # A session of its own: Ctrl-C in the terminal goes to the tool, which ends the server when it is done.
        self._process = subprocess.Popen(
            [*command, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self.pid = self._process.pid
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def log(self) -> str:
        """The end of what the server and its runner wrote to standard error."""
        self._log.seek(max(0, self._log.seek(0, 2) - 4096))
        return self._log.read().decode("utf-8", "replace")

    def _wait_until_it_answers(self) -> None:
        assert self._process.stdout is not None
        watchdog = threading.Timer(START_TIMEOUT_S, self._process.kill)
        watchdog.start()
        try:
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
        last_words = "\n".join(self.log.splitlines()[-5:]) or "it wrote nothing"
        raise ServerError(f"the embedded server did not start (exit status {self._process.returncode}): {last_words}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream:
                stream.close()
