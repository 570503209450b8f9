"""Every command explains itself: description, options, exit codes, examples that parse; docs/cli.md says the same."""

import os
import shlex
import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Any

import click
import pytest

from cli.console import console
from ollama_bench.cli import cli

ROOT = Path(__file__).parents[1]


def _tool() -> Any:
    spec = util.spec_from_file_location("cli_docs", ROOT / "tools" / "cli_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docs = _tool()
CONTEXTS: list[click.Context] = [
    *docs.walk(docs.root()),
    *docs.walk(click.Context(console, info_name="python -m cli.console")),
]
EXAMPLES = [(context.command_path, line) for context in CONTEXTS for line in docs.examples(context)]
every_command = pytest.mark.parametrize("context", CONTEXTS, ids=[context.command_path for context in CONTEXTS])


@every_command
def test_it_is_described_and_has_an_example(context: click.Context) -> None:
    first, *_ = docs.paragraphs(context)

    assert first.rstrip().endswith((".", "?"))
    assert docs.examples(context)


@every_command
def test_every_option_has_a_help_text(context: click.Context) -> None:
    for param in context.command.get_params(context):
        if isinstance(param, click.Option):
            assert param.help, param.opts
            assert param.help.rstrip().endswith((".", "]")), param.help


@every_command
def test_every_argument_is_in_the_description(context: click.Context) -> None:
    for param in context.command.get_params(context):
        if isinstance(param, click.Argument):
            name = str(param.make_metavar(context)).strip("[]").split("]")[0].split()[0]
            told = context.command.help or ""
            assert name in told or set(name.strip("{}").split("|")) <= set(told.replace(",", " ").split()), name


@pytest.mark.parametrize(("path", "line"), EXAMPLES)
def test_every_example_parses(path: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that has the files it names; of a pipeline, what is this tool's. Nothing is run."""
    monkeypatch.chdir(tmp_path)
    words = _own_words(line)
    group = console if words[:3] == ["python", "-m", "cli.console"] else cli
    assert group is console or words[0] == "ollama-bench", line
    for name in words:
        if name.endswith((".json", ".jsonl", ".yaml")):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text("{}")

    command: click.Command = group
    arguments = words[3:] if group is console else words[1:]
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"there is no {name}"
        command = found
    command.make_context(command.name, arguments)


def _own_words(line: str) -> list[str]:
    """Up to a pipe or a redirection; within <( ), what is there. A shell expands what is left."""
    if "<(" in line:
        line = line.partition("<(")[2].partition(")")[0]
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>;&")
    lexer.whitespace_split = True
    words = list(lexer)
    ends = [place for place, word in enumerate(words) if set(word) <= set("|>;&")]
    return words[: ends[0]] if ends else words


def test_docs_cli_is_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == docs.page(), "run python tools/cli_docs.py"


@pytest.mark.parametrize(
    "environment",
    [{"COLUMNS": "40", "LANG": "de_DE.UTF-8"}, {"COLUMNS": "300", "NO_COLOR": "1", "OLLAMA_HOST": "elsewhere"}],
)
def test_it_is_the_same_everywhere_and_a_change_is_noticed(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "cli_docs.py"), "--check"]
    done = subprocess.run(
        command, env=os.environ | environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_page_that_is_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(docs, "TARGET", tmp_path / "cli.md")
    monkeypatch.setattr(sys, "argv", ["cli_docs.py", "--check"])
    assert docs.main() == 1
    assert "is not up to date" in capsys.readouterr().err

    monkeypatch.setattr(sys, "argv", ["cli_docs.py"])
    assert docs.main() == 0
    monkeypatch.setattr(sys, "argv", ["cli_docs.py", "--check"])
    assert docs.main() == 0
