"""`--perf`: a footer on stderr with what the command itself cost."""

import os
import time
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Any)


def perf_option(command: Decorated) -> Decorated:
    """Give a command (a click.Command, or the function of one) the flag `--perf`."""
    decorated: Decorated = click.option(
        "--perf",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_watch,
        help="Print wall time, CPU time and peak memory on stderr at the end.",
    )(command)
    return decorated


def _watch(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        started_s, cpu_s = time.perf_counter(), _cpu_s()
        context.call_on_close(lambda: click.echo(_footer(time.perf_counter() - started_s, _cpu_s() - cpu_s), err=True))


def _cpu_s() -> float:
    """User and system time of this process and of the workers that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _footer(wall_s: float, cpu_s: float) -> str:
    from orchestrator.memory import own_peak_rss_bytes

    peak = own_peak_rss_bytes()
    memory = "n/a" if peak is None else f"{peak / 1e6:.1f} MB"
    return f"perf: wall {wall_s:.3f} s, CPU {cpu_s:.3f} s (workers included), peak RSS {memory} (this process)"
