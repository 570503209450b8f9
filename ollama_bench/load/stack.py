# ruff: noqa: ARG001
"""The stack that `load prism` exercises: Quantum Lab, the materials service and the console page, on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

QUANTUM_APP = "services.quantum_lab.app:app"
MATERIALS_APP = "services.materials_service.app:app"
TOKEN = "dev-quantum"


@dataclass(frozen=True)
class Ports:
    """TCP ports on loopback; 0 takes a free one."""

    quantum: int = 8020
    materials: int = 8030
    ui: int = 4173


@dataclass(frozen=True)
class Stack:
    """Where the three listen (no slash at the end), who they are, and the token that Quantum Lab asks for."""

    ui_url: str
    quantum_url: str
    materials_url: str
    pids: dict[str, int]
    """By component, as metrics and alerts name them: "ui", "quantum_lab", "materials_service"."""
    token: str

    def check(self) -> None:
        """Raise ServerError, with its last lines, when one of the three has died."""
        raise NotImplementedError


@contextmanager
def running_stack(
    ports: Ports = Ports(),
    *,
    root: Path | None = None,
    quantum_app: str = QUANTUM_APP,
    materials_app: str = MATERIALS_APP,
    environment: dict[str, str] | None = None,
) -> Iterator[Stack]:
    """The three processes, healthy; gone after the `with`, and gone when this process is, however it ends.

    `root` is the checkout (default: the working directory). An app of a test's own, such as one that wraps the
    service with a delay, is named as uvicorn names it ("package.module:app", importable from `root`); `environment`
    is laid over this process's. Raises ConfigurationError outside a checkout, MissingExtraError without the extra
    `services`, ServerError when one does not become healthy.
    """
    raise NotImplementedError
    yield
