"""The stack that `load prism` exercises: Quantum Lab, the materials service and the console page, on loopback."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
import psutil

from ollama_bench.child import Child
from ollama_bench.errors import ServerError
from ollama_bench.extra import require
from orchestrator.errors import ConfigurationError

QUANTUM_APP = "services.quantum_lab.app:app"
MATERIALS_APP = "services.materials_service.app:app"
TOKEN = "dev-quantum"
START_TIMEOUT_S = 60.0
PACKAGES = ("fastapi", "itsdangerous", "numpy", "uvicorn")
PARTS = ("services/quantum_lab/app.py", "services/materials_service/app.py", "frontend/index.html")

_BOOT = (
    "import runpy, sys\n"
    "from ollama_bench.lifetime import end_with_parent\n"
    "end_with_parent(graceful=True)\n"
    "del sys.argv[0]\n"
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)
"""`python -m MODULE …`, but one that ends with its parent."""


@dataclass(frozen=True)
class Ports:
    """TCP ports on loopback; 0 takes a free one."""

    quantum: int = 8020
    materials: int = 8030
    ui: int = 4173


@dataclass(frozen=True)
class Stack:
    """Where the three listen (no slash at the end), and the token that Quantum Lab asks for."""

    ui_url: str
    quantum_url: str
    materials_url: str
    token: str
    parts: "tuple[Part, ...]"

    @property
    def pids(self) -> dict[str, int]:
        """By component, as metrics and alerts name them: "ui", "quantum_lab", "materials_service"."""
        return {part.component: part.child.process.pid for part in self.parts}

    @property
    def console_url(self) -> str:
        """The page, told where the services are."""
        return f"{self.ui_url}/?{urlencode({'quantum': self.quantum_url, 'materials': self.materials_url})}"

    def check(self) -> None:
        """Raise ServerError, with its last lines, when one of the three has died."""
        for part in self.parts:
            part.check()


class Part:
    """One of the three: a Python module that serves HTTP, as a child process."""

    def __init__(self, component: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.component = component
        self.child = Child([sys.executable, "-P", "-c", _BOOT, *command], folder=folder, environment=environment)

    def check(self) -> None:
        """Raise ServerError when it has died."""
        status = self.child.process.poll()
        if status is not None:
            words = self.child.last_words()
            remedy = "\nchoose another port for it, or 0 for a free one" if "already in use" in words else ""
            raise ServerError(f"{self.component} ended (exit status {status}), and said: {words}{remedy}")

    def wait_until_healthy(self, path: str) -> str:
        """Its base URL once GET `path` is answered with 200. Raises ServerError when it dies, or takes too long."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        with httpx.Client(trust_env=False, timeout=10.0) as client:
            while time.monotonic() < deadline_s:
                self.check()
                port = self._listens_on()
                try:
                    if port and client.get(f"http://127.0.0.1:{port}{path}").status_code == httpx.codes.OK:
                        return f"http://127.0.0.1:{port}"
                except httpx.HTTPError:
                    pass
                time.sleep(0.05)
        raise ServerError(
            f"{self.component} was not healthy within {START_TIMEOUT_S:.0f} s, and said: {self.child.last_words()}"
        )

    def _listens_on(self) -> int | None:
        """The port as the system tells it: what else may answer on a port that was asked for is not this part."""
        try:
            sockets = psutil.Process(self.child.process.pid).net_connections("tcp")
        except psutil.Error:
            return None
        return next((one.laddr.port for one in sockets if one.status == psutil.CONN_LISTEN), None)


@contextmanager
def running_stack(
    ports: Ports = Ports(),
    *,
    root: Path | None = None,
    quantum_app: str = QUANTUM_APP,
    materials_app: str = MATERIALS_APP,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """The three processes, healthy; gone after the `with`, and gone when this process is, however it ends.

    `root` is the checkout (default: the working directory). An app of a test's own, such as one that wraps the
    service with a delay, is named as uvicorn names it ("package.module:app", importable from `root`); `environment`
    is laid over this process's. Raises ConfigurationError outside a checkout, MissingExtraError without the extra
    `services`, ServerError when one does not become healthy.
    """
    root = _checkout(root or Path.cwd())
    require("services", "the service stack needs", PACKAGES)
    settings = os.environ | {"FEATURE_MATERIALS": "true"} | dict(environment or {})
    settings["QUANTUM_API_TOKEN"] = settings.get("QUANTUM_API_TOKEN") or TOKEN
    commands = {
        "ui": (["http.server", str(ports.ui), "--bind", "127.0.0.1"], root / "frontend", "/"),
        "quantum_lab": (_uvicorn(quantum_app, ports.quantum), root, "/health"),
        "materials_service": (_uvicorn(materials_app, ports.materials), root, "/health"),
    }
    parts: list[Part] = []
    try:
        for component, (command, folder, _) in commands.items():
            parts.append(Part(component, command, folder, settings))
        ui_url, quantum_url, materials_url = [part.wait_until_healthy(commands[part.component][2]) for part in parts]
        yield Stack(ui_url, quantum_url, materials_url, settings["QUANTUM_API_TOKEN"], tuple(parts))
    finally:
        for part in parts:
            part.child.process.terminate()
        for part in parts:
            part.child.stop()


def _checkout(root: Path) -> Path:
    missing = [name for name in PARTS if not (root / name).is_file()]
    if missing:
        raise ConfigurationError(
            f"the service stack is part of a checkout, and {root} is none (no {missing[0]}):"
            " run this in the root of a checkout of ollama-bench"
        )
    return root


def _uvicorn(app: str, port: int) -> list[str]:
    """One worker, whatever the environment says: sessions and jobs are those of one process."""
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return ["uvicorn", app, *listen, "--no-access-log", "--timeout-graceful-shutdown", "1"]
