"""The commands `load …`: parse, one call, print, exit code. Heavy modules are imported where a command needs them."""

from typing import Any

import click

from orchestrator.perf import perf_option

PORT = click.IntRange(0, 65535)


@click.group()
def load() -> None:
    """Load tests, and the small service stack that they exercise.

    \b
    Examples:
      ollama-bench load stack
    """


@load.command()
@click.option("--quantum-port", type=PORT, default=8020, show_default=True, help="Of Quantum Lab; 0 takes a free one.")
@click.option("--materials-port", type=PORT, default=8030, show_default=True, help="Of the materials service.")
@click.option("--ui-port", type=PORT, default=4173, show_default=True, help="Of the console page.")
def stack(**ports: Any) -> None:
    """Start Quantum Lab, the materials service and their console page on loopback, until stopped (extra `services`).

    Runs in a checkout, and prints where each listens once all are healthy. Whatever ends this command ends all three.

    Exit codes: 2 not in a checkout, or the extra is missing; 3 one of the three did not start, or died; 130 stopped.

    \b
    Examples:
      ollama-bench load stack
      ollama-bench load stack --quantum-port 0 --materials-port 0 --ui-port 0
    """
    from ollama_bench.commands.load_stack import run_stack

    run_stack(**ports)


for command in (stack,):
    perf_option(command)
