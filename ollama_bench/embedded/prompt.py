"""Messages -> prompt text, for models whose GGUF has no chat template of its own. Pure.

Such models are base models; Ollama's library gives each family its turns all the same, and so does this table.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ollama_bench.embedded.wire import not_supported


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
    text = ""
    for index, turn in enumerate(joined):
        if turn.role not in family.before:
            continue
        last = index == len(joined) - 1
        is_open = last and turn.role == "assistant"
        text += family.before[turn.role] + turn.content + ("" if is_open else family.after)
        if last and not is_open:
            text += family.opening
    return text


def _join_same_roles(turns: Sequence[Turn]) -> list[Turn]:
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            joined[-1] = Turn(turn.role, f"{joined[-1].content}\n\n{turn.content}")
        else:
            joined.append(turn)
    return joined


_ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)


def render_template(template: str, *, system: str, prompt: str) -> str:
    """Render a request's `template`: Go's `{{ .System }}`, `{{ .Prompt }}`, and `{{ if .X }}...{{ else }}...{{ end }}`.

    `{{ .Response }}` is where the answer begins: what follows it is dropped. Raises ApiError 501 for anything else.
    """
    values = {".System": system, ".Prompt": prompt}
    shown = [True]
    text, position = "", 0
    for action in _ACTION.finditer(template):
        literal = template[position : action.start()]
        literal = literal.rstrip() if action[1] else literal
        text += literal if all(shown) else ""
        position = action.end()
        words = action[2].split()
        if words == [".Response"] and all(shown):
            return text
        if words[:1] == ["if"] and len(words) == 2 and words[1] in (*values, ".Response"):
            shown.append(bool(values.get(words[1])))
        elif words == ["else"] and len(shown) > 1:
            shown[-1] = not shown[-1]
        elif words == ["end"] and len(shown) > 1:
            shown.pop()
        elif len(words) == 1 and words[0] in (*values, ".Response"):
            text += values.get(words[0], "") if all(shown) else ""
        else:
            raise not_supported(f"{{{{ {action[2]} }}}} in a template")
        if action[3]:
            position += len(template[position:]) - len(template[position:].lstrip())
    if len(shown) > 1 or "{{" in template[position:]:
        raise not_supported("a template with an unclosed {{")
    return text + template[position:]
