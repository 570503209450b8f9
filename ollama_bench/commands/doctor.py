"""`ollama-bench doctor`: gather, examine, print."""

import json
import os
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import click

from ollama_bench.commands.doctor_facts import gather
from ollama_bench.doctor.check import Check, Status
from ollama_bench.doctor.examine import can_measure, examine
from ollama_bench.output import print_result, width_of_stdout
from orchestrator.clean import clean_json
from orchestrator.errors import BenchError, ConfigurationError
from orchestrator.live_line import LiveLine, is_live

COLOURS: dict[Status, str] = {"ok": "green", "warning": "yellow", "problem": "red", "unknown": "bright_black"}


def report(model: str | None, host: str | None, *, embedded: bool, as_json: bool) -> int:
    """Print every check, on stdout; 3 when a problem forbids measuring, else 0. Raises ConfigurationError."""
    if embedded and host is not None:
        raise click.UsageError("--embedded starts a server of its own: leave out --host")
    if model is not None and not (model.strip() and model.isprintable()):
        raise ConfigurationError(f"{model[:100]!r} is not a model name")
    line = LiveLine()
    if is_live():
        line.draw("looking at the server and this machine")
    try:
        facts = gather(model, host, embedded=embedded)
    finally:
        line.clear()
    checks = examine(facts)
    print_result(_document(facts.server.url, checks) if as_json else _text(checks))
    return 0 if can_measure(checks) else BenchError.exit_code


def _document(url: str | None, checks: Sequence[Check]) -> str:
    document = {"server": url, "checks": [asdict(check) for check in checks], "can_measure": can_measure(checks)}
    return clean_json(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


def _text(checks: Sequence[Check]) -> str:
    """A line a check, what to do below it, and what it comes to."""
    wide = max(len(check.name) for check in checks)
    margin = " " * (7 + 2 + wide + 2)
    lines = []
    for check in checks:
        status = _coloured(f"{check.status:<7}", check.status)
        lines.append(f"{status}  {check.name:<{wide}}  {_folded(check.text, margin)}")
        lines += [f"{margin}-> {_folded(check.remedy, margin + '   ')}"] if check.remedy else []
    return "\n".join([*lines, "", _conclusion(checks)]) + "\n"


def _folded(text: str, margin: str) -> str:
    """To the width of a terminal; elsewhere a line stays one line."""
    width = width_of_stdout()
    if width is None:
        return text
    room = max(30, width - len(margin) - 1)
    return f"\n{margin}".join(textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False))


def _conclusion(checks: Sequence[Check]) -> str:
    found = Counter(check.status for check in checks)
    told = [f"{count} {name}{'s' if count > 1 else ''}" for name in ("problem", "warning") if (count := found[name])]
    if found["problem"]:
        return _coloured(f"{', '.join(told)}: nothing can be measured until the problem is gone.", "problem")
    if found["warning"]:
        return _coloured(f"{told[0]}: it can be measured, but see to them before you trust the figures.", "warning")
    return _coloured("Nothing stands in the way of a measurement.", "ok")


def _coloured(text: str, status: Status) -> str:
    """On a terminal; click takes the colours out elsewhere."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else click.style(text, fg=COLOURS[status])
