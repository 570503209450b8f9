"""What the server is told by its command line and environment, and its connections."""

import select
import socket
import subprocess
import sys

import pytest

from ollama_bench.embedded.process import EmbeddedServer
from ollama_bench.embedded.server import _default_keep_alive_s, serve
from ollama_bench.embedded.wire import FOREVER_S, timestamp
from orchestrator.errors import ConfigurationError


@pytest.mark.parametrize("text", ["1" + "0" * 30, "-1", "-5m"])
def test_keep_alive_of_the_environment_is_no_longer_than_for_ever(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_KEEP_ALIVE", text)
    assert _default_keep_alive_s() == FOREVER_S
    assert timestamp(int(_default_keep_alive_s() * 1e9)) > "2200"


@pytest.mark.parametrize("text", ["0", "-1", "²", "1" * 5000, "two"])
def test_limits_that_are_none_are_a_clear_error(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_NUM_PARALLEL", text)
    with pytest.raises(ConfigurationError, match="a whole number"):
        serve("127.0.0.1", 0, None)


def test_an_empty_host_is_a_clear_error() -> None:
    command = [sys.executable, "-m", "ollama_bench.embedded", "--host", "", "--port", "-1"]  # a port that never listens
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--host is empty" in done.stderr


def test_an_idle_connection_stays_open(server: EmbeddedServer) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"Ollama is running"):
            piece = connection.recv(4096)
            assert piece, "closed"
            answer += piece
        readable, _, _ = select.select([connection], [], [], 5.5)  # uvicorn closes it after 5 s unless told
        assert not readable
