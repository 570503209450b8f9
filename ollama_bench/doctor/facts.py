"""What is known of a server and of this machine before anything is measured. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ollama_bench.machine.limits import Limits
from ollama_bench.scorecard import Gpu
from ollama_bench.trial import LoadedModel

if TYPE_CHECKING:
    from ollama_bench.machine.load import BusyProcess


@dataclass(frozen=True)
class ServerProcess:
    """A process that serves the URL, or one that descends from it."""

    pid: int
    name: str
    rss_bytes: int | None
    """None where this user may not see it."""


@dataclass(frozen=True)
class Server:
    """The server as it answered."""

    url: str | None
    """None for an embedded engine that did not start."""
    embedded: bool = False
    version: str | None = None
    error: str | None = None
    """Why it cannot be measured."""
    remedy: str | None = None
    """What to do about that, where the error knows."""
    local: bool = True
    processes: tuple[ServerProcess, ...] = ()
    hidden: str | None = None
    """Why no process was found."""
    installed: Mapping[str, int | None] = field(default_factory=dict)
    """The models that it has, with the bytes of their files."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Of those models, where it tells."""
    loaded: tuple[LoadedModel, ...] = ()


@dataclass(frozen=True)
class Load:
    """What happened on this machine over a short while; percentages are of one core. None: not told."""

    others: tuple["BusyProcess", ...] = ()
    """Processes that are neither the server's nor this tool's, the busiest first."""
    server: tuple["BusyProcess", ...] = ()
    unseen_percent: float | None = None
    """CPU time of which no process that is left or may be seen gives account."""
    steal_percent: float | None = None
    swapped_bytes: int | None = None
    throttle_count: int | None = None


@dataclass(frozen=True)
class Machine:
    """This machine. None: the system does not tell."""

    memory_bytes: int
    available_bytes: int
    cores: int | None = None
    swap_used_bytes: int | None = None
    governors: tuple[str, ...] | None = None
    turbo: bool | None = None
    throttle_count: int | None = None
    """Since boot."""
    battery: bool | None = None
    limits: Limits = Limits(virtual_machine=None, container=None, cpu_cores=None, memory_bytes=None)  # noqa: RUF009
    """Of the server's process where it is known, else of this one."""
    allowed_cores: int | None = None
    """On which the same process may run."""
    gpus: tuple[Gpu, ...] = ()
    nvidia_gpus: int | None = None
    """On the bus, whether or not a driver speaks for them."""
    load: Load = Load()


@dataclass(frozen=True)
class Facts:
    """All that the checks look at."""

    server: Server
    machine: Machine
    model: str | None = None
    """The one that is to be measured, as the server names it."""
