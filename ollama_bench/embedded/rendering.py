"""The prompt for the runner: turns put through a template, made to fit into the context."""

from collections.abc import Sequence
from dataclasses import dataclass

from ollama_bench.embedded.ask import Ask
from ollama_bench.embedded.engine import Runner
from ollama_bench.embedded.prompt import Turn, family_of, render_turns
from ollama_bench.embedded.wire import ApiError, Json

MAX_ADDED_TOKENS = 8
"""More than any tokenizer adds to a text: tokens that begin and end it, and a space in front."""
TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, "
    "adjust the context length in settings, or use a model with a longer context length"
)


@dataclass(frozen=True)
class PromptSource:
    """What the prompt is made of: turns for the model's template, or text as it is.

    `context` is the tokens of an earlier exchange, which comes before either.
    """

    turns: Sequence[Turn] = ()
    text: str | None = None
    context: Sequence[int] | None = None
    wants_context: bool = False


async def render(runner: Runner, ask: Ask, source: PromptSource) -> str:
    """Return the text of the prompt; turns that do not fit are left out. Raises ApiError."""
    before = await runner.detokenize(list(source.context)) if source.context else ""
    if source.text is not None:
        return before + source.text
    return before + await _render_newest(runner, ask, source.turns)


async def _render_newest(runner: Runner, ask: Ask, turns: Sequence[Turn]) -> str:
    """Render as many of the newest turns as fit into the context, with all system turns, and always the last."""
    text = await _render_turns(runner, ask, turns)
    if not ask.truncate or await _fits(runner, ask, text):
        return text
    # Bisection, for each text costs a call: those from `last` on fit, or are the shortest there is.
    first, last = 1, len(turns) - 1
    shortest = None
    while first <= last:
        middle = (first + last) // 2
        text = await _render_from(runner, ask, turns, middle)
        if middle == len(turns) - 1 or await _fits(runner, ask, text):
            shortest, last = text, middle - 1
        else:
            first = middle + 1
    return text if shortest is None else shortest


async def _render_from(runner: Runner, ask: Ask, turns: Sequence[Turn], start: int) -> str:
    """Render the turns from `start` on and the system turns before; a template that refuses them, from a user's on."""
    kept = [turn for turn in turns[:start] if turn.role == "system"] + list(turns[start:])
    try:
        return await _render_turns(runner, ask, kept)
    except ApiError:
        # Many templates raise an error when a conversation does not begin with the user.
        later = [n for n, turn in enumerate(turns) if n > start and turn.role == "user"]
        if turns[start].role == "user" or not later:
            raise
    return await _render_from(runner, ask, turns, later[0])


async def _fits(runner: Runner, ask: Ask, text: str) -> bool:
    return _is_short(text, ask) or len(await runner.tokenize(text)) <= ask.plan.num_ctx


def _is_short(text: str, ask: Ask) -> bool:
    """Tell whether `text` surely fits, and needs no counting: a token of text is at least one byte of it.

    Many tokenizers first turn a space into a character of three bytes.
    """
    return len(text.encode()) + 2 * text.count(" ") + MAX_ADDED_TOKENS < ask.plan.num_ctx


async def _render_turns(runner: Runner, ask: Ask, turns: Sequence[Turn]) -> str:
    if not ask.header.chat_template:
        return render_turns(turns, family_of(ask.header.architecture))
    body: Json = {
        "messages": [
            {"role": turn.role, "content": turn.content}
            | ({"reasoning_content": turn.thinking} if turn.thinking else {})
            for turn in turns
        ]
    }
    if ask.think is not None:
        effort = {"reasoning_effort": ask.think} if isinstance(ask.think, str) else {}
        body["chat_template_kwargs"] = {"enable_thinking": bool(ask.think)} | effort
    return str((await runner.call("/apply-template", body))["prompt"])


async def fit(runner: Runner, ask: Ask, prompt: str) -> str | list[int]:
    """Cut the middle out of a prompt that is longer than the context, as Ollama does, unless `truncate` is false."""
    num_ctx = ask.plan.num_ctx
    if not ask.truncate or _is_short(prompt, ask):
        return prompt
    tokens = await runner.tokenize(prompt, add_special=True)
    if len(tokens) < num_ctx:
        return prompt
    if not ask.plan.shift:
        raise ApiError(400, TOO_LONG)
    keep = ask.options.num_keep if ask.options.num_keep >= 0 else len(tokens)
    keep = min(keep + ask.header.adds_bos, num_ctx - 1)
    length = num_ctx - max((num_ctx - keep) // 2, 1)
    return tokens[:keep] + tokens[len(tokens) - (length - keep) :]
