"""The orchestrator's commands under their documented name: `python -m cli.console bench:list`."""

import click

from orchestrator.console import COMMANDS
from orchestrator.process import main as run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def console() -> None:
    """Benchmark scenarios, hold them against objectives, and gate on regressions.

    `ollama-bench` has the same commands.

    \b
    Examples:
      python -m cli.console bench:run --name "Treasury-BOT" --iter 30 --warmup 5
      python -m cli.console slo:gate

    Exit codes: 0 done or passed, 2 usage or configuration, 3 could not measure, 4 gate failed, 5 gate inconclusive,
    130 interrupted.
    """


for command in COMMANDS:
    console.add_command(command)


def main() -> None:
    """The process."""
    run(console)


if __name__ == "__main__":
    main()
