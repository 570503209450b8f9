"""Which processes of this machine serve a URL: the listener on its port, or Ollama by name; never a guess."""

import contextlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx
import psutil

LOCAL_FORWARDERS = frozenset(
    {"docker-proxy", "com.docker.backend", "rootlessport", "rootlesskit", "slirp4netns", "pasta", "gvproxy", "conmon"}
    | {"systemd", "launchd"}  # they open a service's socket for it; all other processes descend from them
)
"""Programs that listen for a server on this machine (a container's, a service's)."""

FORWARDERS = LOCAL_FORWARDERS | frozenset(
    {"ssh", "sshd", "sshd-session", "autossh", "kubectl", "socat", "vpnkit", "wslrelay.exe"}
    | {"nginx", "caddy", "haproxy", "traefik", "envoy"}
)
"""Programs that listen for a server elsewhere: sampling them would measure the wrong process."""

OLLAMA_NAMES = frozenset({"ollama", "ollama-serve", "ollama.exe"})


@dataclass(frozen=True)
class Located:
    """Where the server runs. `root_pids` is empty when it cannot be sampled, and `reason` then says why."""

    local: bool
    root_pids: tuple[int, ...] = ()
    reason: str | None = None


def locate(url: str, pid: int | None = None) -> Located:
    """Find the processes behind `url`; their descendants (runners, which hold the weights) the sampler finds itself.

    `pid` is that of the server where it is known, since this tool started it: nobody need be asked then.
    """
    if pid is not None:
        return Located(local=True, root_pids=(pid,))
    parsed = httpx.URL(url)
    addresses = _addresses(parsed.host)
    if not any(ip_address(address).is_loopback for address in addresses) and not addresses & _own_addresses():
        return Located(local=False, reason="remote")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    listeners, hidden = _listeners(addresses, port)
    servers = [pid for pid in listeners if _name(pid) not in FORWARDERS]
    if servers:
        return Located(local=True, root_pids=tuple(_topmost(servers)))
    from_here = all(_name(pid) in LOCAL_FORWARDERS for pid in listeners)
    by_name = _topmost(_ollamas(other_than_port=port, unseen_too=from_here))
    if len(by_name) == 1:
        return Located(local=True, root_pids=tuple(by_name))
    why = f"port {port} is held by {_name(listeners[0])}, which forwards" if listeners else f"no process on port {port}"
    if hidden and not listeners:
        why = f"the process on port {port} may not be seen by this user"
    found = f"{len(by_name)} processes are named ollama" if by_name else "none is named ollama"
    return Located(local=True, reason=f"{why}, and {found}")


def _addresses(host: str) -> set[str]:
    try:
        return {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return set()  # the request itself will tell


def _own_addresses() -> set[str]:
    return {a.address.partition("%")[0] for addresses in psutil.net_if_addrs().values() for a in addresses}


def _listeners(addresses: set[str], port: int) -> tuple[list[int], bool]:
    """(pids that listen on the port at one of `addresses`, whether some listener's pid is hidden from this user)."""
    try:
        connections: Iterable[tuple[Any, int | None]] = [(c, c.pid) for c in psutil.net_connections("tcp")]
        hidden = False
    except psutil.AccessDenied:  # macOS without root
        connections, hidden = _connections_one_by_one(), True
    pids: dict[int, None] = {}
    for connection, pid in connections:
        if not _listens(connection, addresses, port):
            continue
        if pid is None:
            hidden = True
        else:
            pids[pid] = None
    return list(pids), hidden


def _connections_one_by_one() -> Iterator[tuple[Any, int]]:
    """Those of every process that this user may look at, which are the user's own."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            yield from [(connection, process.pid) for connection in process.net_connections("tcp")]


def _listens(connection: Any, addresses: set[str], port: int) -> bool:
    address = connection.laddr
    if connection.status != psutil.CONN_LISTEN or not address or address.port != port:
        return False
    return address.ip in {"0.0.0.0", "::", "*"} or address.ip.removeprefix("::ffff:") in addresses


def _ollamas(other_than_port: int, *, unseen_too: bool) -> list[int]:
    """Pids of `ollama serve`, but for those that listen on some other port only: they serve another URL.

    One whose sockets this user may not see counts only with `unseen_too`: behind a tunnel it may be any other server.
    """
    pids = []
    for process in psutil.process_iter(["name", "cmdline"]):
        arguments = process.info["cmdline"]  # None where it may not be read; `ollama run` is a client, not the server
        if (process.info["name"] or "").lower() in OLLAMA_NAMES and (not arguments or "serve" in arguments):
            pids.append(process.pid)
    return [pid for pid in pids if not _listens_elsewhere(pid, other_than_port, if_unseen=not unseen_too)]


def _listens_elsewhere(pid: int, port: int, *, if_unseen: bool) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return if_unseen
    ports = {c.laddr.port for c in connections if c.laddr and c.status == psutil.CONN_LISTEN}
    return bool(ports) and port not in ports


def _topmost(pids: Iterable[int]) -> list[int]:
    """`pids` without those that descend from another one of them."""
    pids = set(pids)
    return sorted(pid for pid in pids if not pids & _ancestors(pid))


def _ancestors(pid: int) -> set[int]:
    try:
        return {parent.pid for parent in psutil.Process(pid).parents()}
    except psutil.Error:
        return set()


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "a process that has ended"
