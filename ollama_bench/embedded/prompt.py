"""Messages -> prompt text, for models whose GGUF has no chat template of its own. Pure.

Such models are base models; Ollama's library gives each family its turns all the same, and so does this table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ollama_bench.embedded.wire import not_supported

MAX_NESTED_IFS = 100
MAX_SHOWN_CHARACTERS = 80
"""Of a template's action, in an error that is about it."""


@dataclass(frozen=True)
class Turn:
    """One message: role as Ollama names it (system, user, assistant), its text, and the thinking before it."""

    role: str
    content: str
    thinking: str = ""


@dataclass(frozen=True)
class Family:
    """How a family of models marks turns: text before and after each role's content, and what ends an answer."""

    before: dict[str, str]
    after: str
    opening: str
    stop: tuple[str, ...]


_GEMMA_USER = "<start_of_turn>user\n"
_GEMMA = Family(
    before={"system": _GEMMA_USER, "user": _GEMMA_USER, "assistant": "<start_of_turn>model\n"},
    after="<end_of_turn>\n",
    opening="<start_of_turn>model\n",
    stop=("<end_of_turn>", "<start_of_turn>"),
)
_CHATML = Family(
    before={role: f"<|im_start|>{role}\n" for role in ("system", "user", "assistant")},
    after="<|im_end|>\n",
    opening="<|im_start|>assistant\n",
    stop=("<|im_start|>", "<|im_end|>"),
)
_PLAIN = Family(before={"system": "", "user": "", "assistant": ""}, after="", opening="", stop=())
_FAMILIES = {"gemma": _GEMMA, "qwen": _CHATML}


def family_of(architecture: str) -> Family:
    """Return the turns of a GGUF architecture such as "gemma3"; unknown ones get the bare text, as in Ollama."""
    return next((family for prefix, family in _FAMILIES.items() if architecture.startswith(prefix)), _PLAIN)


def render_turns(turns: Sequence[Turn], family: Family) -> str:
    """Return the prompt: a trailing assistant message is left open, to be continued. Unknown roles leave no text."""
    joined = _join_same_roles(turns)
    parts: list[str] = []
    for index, turn in enumerate(joined):
        if turn.role not in family.before:
            continue
        last = index == len(joined) - 1
        is_open = last and turn.role == "assistant"
        parts += [family.before[turn.role], turn.content, "" if is_open else family.after]
        if last and not is_open:
            parts.append(family.opening)
    return "".join(parts)


def _join_same_roles(turns: Sequence[Turn]) -> list[Turn]:
    runs = groupby(turns, key=lambda turn: turn.role)
    return [Turn(role, "\n\n".join(turn.content for turn in run)) for role, run in runs]


def render_template(template: str, *, system: str, prompt: str) -> str:
    """Render a request's `template`: Go's `{{ .System }}`, `{{ .Prompt }}`, and `{{ if .X }}...{{ else }}...{{ end }}`.

    `{{ .Response }}` is where the answer begins: what follows it is dropped. Raises ApiError 501 for anything else.
    """
    values = {".System": system, ".Prompt": prompt, ".Response": ""}
    shown: list[bool] = []  # of each `if` that is open
    parts = []
    for literal, action in _literals_and_actions(template):
        is_shown = all(shown)
        parts.append(literal if is_shown else "")
        words = action.split()
        if words == [".Response"] and is_shown:
            return "".join(parts)
        if words[:1] == ["if"] and len(words) == 2 and words[1] in values and len(shown) < MAX_NESTED_IFS:
            shown.append(bool(values[words[1]]))
        elif words == ["else"] and shown:
            shown[-1] = not shown[-1]
        elif words == ["end"] and shown:
            shown.pop()
        elif len(words) == 1 and words[0] in values:
            parts.append(values[words[0]] if is_shown else "")
        elif action:
            raise not_supported(f"{{{{ {action[:MAX_SHOWN_CHARACTERS]} }}}} in a template")
    if shown:
        raise not_supported("a template with an unclosed {{ if }}")
    return "".join(parts)


def _literals_and_actions(template: str) -> Iterator[tuple[str, str]]:
    """Yield each text and the action after it, "" after the last; `{{-` and `-}}` trim the text beside them."""
    position, trim = 0, False
    while (start := template.find("{{", position)) >= 0:
        end = template.find("}}", start + 2)
        if end < 0:
            raise not_supported("a template with an unclosed {{")
        literal, action = template[position:start], template[start + 2 : end]
        literal = literal.lstrip() if trim else literal
        trim, position = action.endswith("-"), end + 2
        inside = action.removeprefix("-").removesuffix("-").strip()
        yield literal.rstrip() if action.startswith("-") else literal, inside or "{{}}"
    rest = template[position:]
    yield rest.lstrip() if trim else rest, ""
