"""`load stack`: the stack in the foreground."""

import time

import click

from ollama_bench.load.stack import TOKEN, Ports, Stack, running_stack

CHECK_S = 0.5


def run_stack(quantum_port: int, materials_port: int, ui_port: int) -> None:
    """Start the three, say where they are, and stay until a signal. Raises what `running_stack` raises, and
    ServerError when one of the three dies.
    """
    click.echo("starting Quantum Lab, the materials service and the console page …", err=True)
    with running_stack(Ports(quantum_port, materials_port, ui_port)) as stack:
        click.echo(_text(stack))
        click.echo("Ctrl-C stops all three", err=True)
        while True:
            stack.check()
            time.sleep(CHECK_S)


def _text(stack: Stack) -> str:
    token = stack.token if stack.token == TOKEN else "that of QUANTUM_API_TOKEN"
    pids = stack.pids
    return (
        f"console page       {stack.console_url}  (pid {pids['ui']})\n"
        f"Quantum Lab        {stack.quantum_url}  (pid {pids['quantum_lab']}, token: {token})\n"
        f"materials service  {stack.materials_url}  (pid {pids['materials_service']})"
    )
