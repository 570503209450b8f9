"""Shell completion: click's own, silent whatever happens, and fit for names with colons in bash."""

import io
import os
import re
from contextlib import redirect_stderr
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from orchestrator.errors import BenchError

PROGRAM = "ollama-bench"
VARIABLE = "_OLLAMA_BENCH_COMPLETE"
"""As click derives it from the program's name."""

_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="${COMP_WORDS[COMP_CWORD]}" \\
        COMP_BREAKS="$COMP_WORDBREAKS" %(complete_var)s=bash_complete "${1/#\\~/$HOME}" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ESCAPED = {"": r"([^\w./:@%+,=-])", '"': r"""(["$`\\])""", "'": "(')"}
"""What does not mean itself in a word, by the quote that it begins with."""


class _Silent(ShellComplete):
    """Whatever goes wrong, nothing is offered: a message would stand in the line that is being typed."""

    def complete(self) -> str:
        """What the shell's function reads."""
        with redirect_stderr(io.StringIO()):
            try:
                return super().complete()
            except (BenchError, click.ClickException, OSError, ValueError, LookupError):
                return ""


class Bash(_Silent, BashComplete):
    """Bash takes `llama3.2:1b` for three words, and replaces only the last. So the line itself is looked at, and what
    is offered lacks what stands before the last colon.
    """

    source_template = _BASH
    _word = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being typed, and that."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        typing = bool(words) and not (line[-1].isspace() and not words[-1].endswith(line[-1]))
        self._word = words.pop() if typing else ""
        return words[1:], self._word

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Type and value, as the function reads them."""
        if item.type != "plain":
            return f"{item.type},"
        quote = os.environ["COMP_WORD"][:1]
        if quote in ('"', "'"):  # bash takes it for one word then
            return "plain," + re.sub(_ESCAPED[quote], r"'\\\1'" if quote == "'" else r"\\\1", item.value)
        word = self._word.partition("=")[2] if self._word.startswith("-") else self._word
        there = max((word.rfind(mark) for mark in ":=" if mark in os.environ["COMP_BREAKS"]), default=-1) + 1
        return "plain," + re.sub(_ESCAPED[""], r"\\\1", item.value[there:])


class Zsh(_Silent, ZshComplete):
    """As click has it."""


class Fish(_Silent, FishComplete):
    """Its function takes what stands before the second comma."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Type, value and help, as the function reads them."""
        help_text = item.help and item.help.replace(",", ";")
        return super().format_completion(CompletionItem(item.value, item.type, help_text))


SHELLS: dict[str, type[ShellComplete]] = {shell.name: shell for shell in (Bash, Zsh, Fish)}


def register() -> None:
    """Let click complete by these."""
    for shell in SHELLS.values():
        add_completion_class(shell)


def script(door: click.Command, shell: str) -> str:
    """What has `shell` complete the commands of `door`."""
    return SHELLS[shell](door, {}, PROGRAM, VARIABLE).source()
