"""The checks, one after another. To add one is a function and a line here."""

from collections.abc import Callable, Sequence

from ollama_bench.doctor import machine, model, server
from ollama_bench.doctor.check import Check
from ollama_bench.doctor.facts import Facts

CHECKS: tuple[Callable[[Facts], Check | None], ...] = (
    server.answers,
    server.version,
    server.processes,
    server.at_work,
    model.model,
    model.loaded,
    model.memory,
    model.gpu,
    machine.load,
    machine.swap,
    machine.steal,
    machine.governor,
    machine.turbo,
    machine.throttling,
    machine.battery,
    machine.virtual_machine,
    machine.limits,
)


def examine(facts: Facts) -> list[Check]:
    """Every check that has something to say, in the order in which they read best."""
    return [found for check in CHECKS if (found := check(facts)) is not None]


def can_measure(checks: Sequence[Check]) -> bool:
    """Whether no problem forbids it."""
    return not any(check.status == "problem" for check in checks)
