"""Makes docs/cli.md from the commands themselves.

python tools/cli_docs.py            # write it
python tools/cli_docs.py --check    # exit 1 when it is not up to date
"""

import argparse
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from ollama_bench.cli import cli
from ollama_bench.completion import PROGRAM
from orchestrator.console import DoorCommand

TARGET = Path(__file__).parents[1] / "docs" / "cli.md"
HEAD = """\
# The commands

<!-- Made by tools/cli_docs.py from the commands' own --help: change that, and run it again. -->

What `--help` says of each command, on one page. Data goes to stdout, everything else to stderr."""


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is not up to date")
    made = page()
    if not parser.parse_args().check:
        TARGET.write_text(made, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == made:
        return 0
    print(f"{TARGET} is not up to date: run python tools/cli_docs.py", file=sys.stderr)
    return 1


def page() -> str:
    """The whole of docs/cli.md; the same whatever the terminal's width and the environment."""
    contexts = list(walk(root()))
    contents = [
        f"- [`{context.command_path}`](#{_anchor(context.command_path)}): {context.command.get_short_help_str(200)}"
        for context in contexts
    ]
    return "\n\n".join([HEAD, "\n".join(contents), *map(_section, contexts)]) + "\n"


def root() -> click.Context:
    """Of the whole command line."""
    return click.Context(cli, info_name=PROGRAM, **cli.context_settings)


def walk(context: click.Context) -> Iterator[click.Context]:
    """A command and all below it, by name."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from walk(click.Context(command, info_name=name, parent=context))


def paragraphs(context: click.Context) -> list[str]:
    r"""Of the help text; those that click prints as they are begin with \b."""
    command = context.command
    text = command.help_of(context) if isinstance(command, DoorCommand) else command.help
    return cleandoc(text or "").split("\n\n")


def examples(context: click.Context) -> list[str]:
    """The lines of its examples."""
    return [line.strip() for text in paragraphs(context) if _is_example(text) for line in text.splitlines()[2:]]


def _is_example(paragraph: str) -> bool:
    return paragraph.startswith(("\b\nExample:", "\b\nExamples:"))


def _section(context: click.Context) -> str:
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    text = [paragraph for paragraph in paragraphs(context) if not _is_example(paragraph)]
    parts = [f"## {context.command_path}", f"```text\n{usage}\n```", *map(_escaped, text), _options(context)]
    return "\n\n".join([*parts, "\n".join(["```sh", *examples(context), "```"])])


def _options(context: click.Context) -> str:
    options = [param for param in context.command.get_params(context) if isinstance(param, click.Option)]
    records = [option.get_help_record(context) for option in options]
    rows = [
        f"| `{_cell(names)}` | {_cell(_escaped(' '.join(text.split())))} |" for names, text in filter(None, records)
    ]
    return "\n".join(["| option | |", "| --- | --- |", *rows])


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(heading: str) -> str:
    """As GitHub makes them."""
    return heading.lower().replace(" ", "-").replace(":", "")


if __name__ == "__main__":
    sys.exit(main())
