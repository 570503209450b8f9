"""What `ollama-bench doctor` looks at: the server by three GET requests, and this machine for about a second."""

import os
import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TypeVar

import psutil

from ollama_bench.doctor.facts import Facts, Load, Machine, Server, ServerProcess
from ollama_bench.errors import ServerError
from ollama_bench.gpu import open_gpus
from ollama_bench.machine.cpu import allowed_cores, battery, governors, throttle_count, turbo
from ollama_bench.machine.limits import limits
from ollama_bench.machine.load import (
    Identity,
    ProcessCpu,
    busiest,
    cpu_by_process,
    steal_s,
    swap_used_bytes,
    swapped_bytes,
)
from ollama_bench.machine.pci import nvidia_gpus
from ollama_bench.run import Endpoint, open_endpoint
from ollama_bench.server.client import Client
from ollama_bench.server.locate import locate
from ollama_bench.server.names import same_model
from ollama_bench.server.stream import Timeouts

Number = TypeVar("Number", int, float)

PATIENCE_S = 10.0
"""For answers that compute nothing."""
LOOK_S = 1.0


def gather(model: str | None, host: str | None, *, embedded: bool) -> Facts:
    """Ask the server, then look at the machine while nothing of ours runs. Raises ConfigurationError."""
    with ExitStack() as stack:
        try:
            server = _ask(stack.enter_context(open_endpoint(host, embedded=embedded)))
        except ServerError as error:  # the embedded engine did not start
            server = Server(url=None, embedded=True, error=error.what, remedy=error.remedy)
        named = model and next((name for name in server.installed if same_model(name, model)), model)
        return Facts(server=server, machine=_machine(server), model=named)


def _ask(endpoint: Endpoint) -> Server:
    located = locate(endpoint.url, endpoint.pid)
    server = Server(
        url=endpoint.url,
        embedded=endpoint.kind == "embedded",
        local=located.local,
        processes=tuple(_family(located.root_pids)),
        hidden=located.reason,
    )
    with Client(endpoint.url, Timeouts(PATIENCE_S, PATIENCE_S)) as client:
        try:
            server = replace(server, version=client.version())
            installed = client.installed()
            return replace(
                server,
                installed={name: model.size_bytes for name, model in installed.items()},
                digests={name: model.digest for name, model in installed.items() if model.digest},
                loaded=tuple(client.loaded()),
            )
        except ServerError as error:
            return replace(server, error=error.what, remedy=error.remedy)


def _family(root_pids: Collection[int]) -> list[ServerProcess]:
    """The processes and all that descend from them."""
    found: dict[int, ServerProcess] = {}
    for pid in root_pids:
        try:
            root = psutil.Process(pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        found |= {process.pid: _seen(process) for process in family}
    return list(found.values())


def _seen(process: psutil.Process) -> ServerProcess:
    try:
        return ServerProcess(process.pid, process.name(), int(process.memory_info().rss))
    except psutil.Error:
        return ServerProcess(process.pid, "a process", None)


def _machine(server: Server) -> Machine:
    memory = psutil.virtual_memory()
    pids = [process.pid for process in server.processes]
    with open_gpus() as gpus:
        devices = gpus.devices
    return Machine(
        memory_bytes=int(memory.total),
        available_bytes=int(memory.available),
        cores=psutil.cpu_count(),
        swap_used_bytes=swap_used_bytes(),
        governors=governors(),
        turbo=turbo(),
        throttle_count=throttle_count(),
        battery=battery(),
        limits=limits(pids[0] if pids else None),
        allowed_cores=allowed_cores(pids[0] if pids else None),
        gpus=devices,
        nvidia_gpus=nvidia_gpus(),
        load=_look(pids),
    )


@dataclass(frozen=True)
class _Counters:
    """What only ever grows, at one moment."""

    at_s: float
    processes: dict[Identity, ProcessCpu]
    busy_s: float
    steal_s: float | None
    swapped_bytes: int | None
    throttle_count: int | None


def _count() -> _Counters:
    times = psutil.cpu_times()
    busy_s = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))
    return _Counters(time.monotonic(), cpu_by_process(), busy_s, steal_s(), swapped_bytes(), throttle_count())


def _look(server_pids: Collection[int]) -> Load:
    before = _count()
    time.sleep(LOOK_S)
    after = _count()
    elapsed_s = after.at_s - before.at_s
    everybody = busiest(before.processes, after.processes, elapsed_s, (), at_least_percent=0.0)
    busy_percent = 100 * (after.busy_s - before.busy_s) / elapsed_s
    stolen_s = _grown(before.steal_s, after.steal_s)
    return Load(
        others=tuple(p for p in everybody if p.pid not in server_pids and p.pid != os.getpid()),
        server=tuple(p for p in everybody if p.pid in server_pids),
        unseen_percent=busy_percent - sum(process.cpu_percent for process in everybody),
        steal_percent=None if stolen_s is None else 100 * stolen_s / elapsed_s,
        swapped_bytes=_grown(before.swapped_bytes, after.swapped_bytes),
        throttle_count=_grown(before.throttle_count, after.throttle_count),
    )


def _grown(before: Number | None, after: Number | None) -> Number | None:
    return None if before is None or after is None else after - before
