import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from ollama_bench.embedded.catalogue import Catalogue
from ollama_bench.embedded.process import EmbeddedServer
from tests.embedded.tiny_gguf import write_tiny_gguf

MODEL = "gemma3:270m"
TINY = "tiny"
THINKING_TEMPLATE = (
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% else %}<think>{% endif %}"
)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache directory, with the real model in it; it outlives the run, for the 253 MB are written once."""
    folder = tmp_path_factory.getbasetemp().parent / "ollama-bench-home"
    before = os.environ.get("OLLAMA_BENCH_HOME")
    os.environ["OLLAMA_BENCH_HOME"] = str(folder)
    for _ in Catalogue().pull(MODEL):
        pass
    yield folder
    os.environ.pop("OLLAMA_BENCH_HOME")
    if before is not None:
        os.environ["OLLAMA_BENCH_HOME"] = before


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real models that load in milliseconds, and of a file that is none."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_gguf(folder / "tiny.gguf")
    write_tiny_gguf(folder / "Second Model.gguf")
    write_tiny_gguf(folder / "thinking.gguf", chat_template=THINKING_TEMPLATE)
    (folder / "broken.gguf").write_bytes(b"GGUF, or so it says")
    return folder


@pytest.fixture(scope="session")
def server(home: Path, models_folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer("--models", str(models_folder)) as running:
        yield running


@pytest.fixture
def api(server: EmbeddedServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=120) as client:
        yield client


@pytest.fixture
def own_server(home: Path, models_folder: Path) -> Callable[..., EmbeddedServer]:
    """A server for one test, to be used in a `with`; keywords are environment variables."""

    @contextmanager
    def start(**environment: str) -> Iterator[EmbeddedServer]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with EmbeddedServer("--models", str(models_folder)) as running:
                yield running

    return start  # type: ignore[return-value]


def until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait for `condition`; fail the test when it does not come true."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            pytest.fail(f"did not happen within {timeout_s} s")
        time.sleep(0.01)


def runners(server: EmbeddedServer) -> list[psutil.Process]:
    """The living runner processes of a server."""
    return [p for p in psutil.Process(server.pid).children(recursive=True) if is_alive(p)]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def loaded_models(api: httpx.Client) -> list[str]:
    return [entry["name"] for entry in api.get("/api/ps").json()["models"]]


def unload(api: httpx.Client, name: str = TINY) -> None:
    api.post("/api/generate", json={"model": name, "keep_alive": 0}).raise_for_status()
    until(lambda: loaded_models(api) == [])


@contextmanager
def half_read(server: EmbeddedServer, path: str, body: bytes) -> Iterator[socket.socket]:
    """Send a request on a raw socket and read the first piece of its answer."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        yield connection


def in_background(action: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run `action` in a thread; its result, or the exception it raised, is the list's one item."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(action())
        except Exception as error:  # noqa: BLE001 - handed to the test, which looks at it
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results
