"""Which processes serve a URL: real sockets, held by real processes of this user and of another."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from ollama_bench.server.locate import Located, locate

AS_NOBODY = """
import os, sys
from ollama_bench.server.locate import locate
locate(sys.argv[1])  # once as oneself: Python imports what it needs, which the other user may not be able to read
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(locate(sys.argv[1]))
"""
LISTENER = """
import ctypes, socket, sys
name, address = sys.argv[1:]
ctypes.CDLL(None).prctl(15, name.encode())  # PR_SET_NAME: what the system lists it as
listener = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="names a process by Linux's own call")
needs_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")


@contextmanager
def listener(name: str = "anything", address: str = "127.0.0.1") -> Iterator[tuple[int, int]]:
    """A process that listens: (its pid, its port)."""
    command = [sys.executable, "-c", LISTENER, name, address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline()
        try:
            yield process.pid, int(port)
        finally:
            process.stdin.close()
            process.wait(10)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_listener_on_the_port_is_the_server(host: str) -> None:
    with listener() as (pid, port):
        assert locate(f"http://{host}:{port}") == Located(local=True, root_pids=(pid,))


def test_one_that_listens_everywhere_is_found_by_any_address_of_this_machine() -> None:
    with listener(address="0.0.0.0") as (pid, port):
        assert locate(f"http://127.0.0.1:{port}").root_pids == (pid,)


def test_the_same_port_on_another_address_is_another_server() -> None:
    with listener(address="127.0.0.2") as (pid, port):
        assert locate(f"http://127.0.0.2:{port}").root_pids == (pid,)
        assert locate(f"http://127.0.0.1:{port}").root_pids == ()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_this_machines_is_remote(host: str) -> None:
    assert locate(f"http://{host}:11434") == Located(local=False, reason="remote")


@needs_linux
@pytest.mark.parametrize("name", ["ssh", "docker-proxy", "nginx", "systemd"])
def test_a_forwarder_is_not_taken_for_the_server(name: str) -> None:
    with listener(name) as (_, port):
        located = locate(f"http://127.0.0.1:{port}")
    assert located.local
    assert located.root_pids == ()
    assert located.reason is not None
    assert f"port {port} is held by {name}, which forwards" in located.reason


@needs_linux
def test_an_ollama_on_another_port_is_not_taken_for_the_server() -> None:
    with listener("ollama") as (pid, port), listener("ssh") as (_, forwarded):
        assert locate(f"http://127.0.0.1:{port}").root_pids == (pid,)
        assert locate(f"http://127.0.0.1:{forwarded}").root_pids == ()


@needs_linux
def test_no_listener_at_all_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    located = locate(f"http://127.0.0.1:{port}")
    assert located.root_pids == ()
    assert located.reason is not None
    assert f"no process on port {port}" in located.reason


@pytest.fixture
def as_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without root, the system tells nobody the connections of all."""

    def denied(_kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)


@pytest.mark.usefixtures("as_on_macos")
def test_where_the_connections_of_all_are_not_told_each_process_is_asked() -> None:
    with listener() as (pid, port), listener(address="127.0.0.2"):
        assert locate(f"http://127.0.0.1:{port}") == Located(local=True, root_pids=(pid,))


@pytest.mark.usefixtures("as_on_macos")
def test_a_listener_that_none_of_the_users_own_processes_is_may_not_be_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    reason = locate(f"http://127.0.0.1:{port}").reason
    assert reason is not None
    assert reason.startswith(f"the process on port {port} may not be seen by this user")


def test_a_server_that_was_started_here_need_not_be_looked_for() -> None:
    assert locate("http://127.0.0.1:1", 812) == Located(local=True, root_pids=(812,))


@needs_linux
@needs_root
def test_another_users_process_is_named_as_the_reason() -> None:
    with listener() as (_, port):
        command = [sys.executable, "-c", AS_NOBODY, f"http://127.0.0.1:{port}"]
        seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"local=True, root_pids=(), reason='the process on port {port} may not be seen by this user" in seen
