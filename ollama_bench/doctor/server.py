"""Checks of the server: does it answer, how old is it, may it be sampled. Each gives a line, or None."""

import re

from ollama_bench.doctor.check import BUSY_PERCENT, Check, label, listed, ok, problem, size, warning
from ollama_bench.doctor.facts import Facts
from orchestrator.clean import one_line

TELLS_CACHED = (0, 33, 3)
"""The release of Ollama that came with `prompt_eval_cached_count`."""


def answers(facts: Facts) -> Check:
    """Is a server there, and is it Ollama?"""
    server = facts.server
    if server.error is None:
        return ok("server", "the embedded engine runs" if server.embedded else f"Ollama answers at {server.url}")
    remedy = server.remedy or "see to the server and its log, or name another with --host"
    return problem("server", one_line(server.error), one_line(remedy))


def version(facts: Facts) -> Check | None:
    """Old servers do not say which prompt tokens came from their cache."""
    server = facts.server
    if server.version is None:
        return None
    told = label(server.version)
    numbers = re.match(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})", server.version, re.ASCII)
    if "+ollama-bench" in server.version or not numbers:  # our own engine tells
        return ok("version", told)
    release = tuple(int(number) for number in numbers.groups())
    if (0, 0, 0) < release < TELLS_CACHED:
        return warning(
            "version",
            f"{told} does not tell which prompt tokens came from its cache",
            "update to 0.33.3 or newer; until then prompt speeds rest on every prompt being new, as `run` makes them",
        )
    return ok("version", told)


def processes(facts: Facts) -> Check | None:
    """May the processes be sampled, whose memory and CPU a run reports?"""
    server = facts.server
    if server.version is None:
        return None
    if not server.local:
        return warning(
            "processes",
            "the server runs on another machine: its memory and CPU are n/a, and what follows is about this one",
            "run ollama-bench on the server's machine to have them",
        )
    hidden = [process for process in server.processes if process.rss_bytes is None]
    if not server.processes or hidden:
        why = f"{label(hidden[0].name)} (pid {hidden[0].pid}) may not be looked at" if hidden else server.hidden
        return warning(
            "processes",
            f"they cannot be sampled, memory and CPU are n/a: {one_line(why or 'none was found')}",
            "run ollama-bench as the server's user or as root, outside of any container, and name its own port",
        )
    named = listed([f"{label(process.name)} (pid {process.pid})" for process in server.processes])
    held = size(sum(process.rss_bytes or 0 for process in server.processes))
    return ok("processes", f"{named}: may be sampled, {held} resident")


def at_work(facts: Facts) -> Check | None:
    """Does the server work for somebody else?"""
    if not facts.server.processes:
        return None
    busy = facts.machine.load.server
    used = sum(process.cpu_percent for process in busy)
    if used <= BUSY_PERCENT:
        return ok("usage", "the server is idle")
    named = listed([f"{label(process.name)} (pid {process.pid}) {process.cpu_percent:.0f} %" for process in busy])
    return warning(
        "usage", f"the server works for somebody else: {named} of one core", "wait until it is done, or stop who asks"
    )
