"""/api/generate and /api/chat: from a checked request to the lines of its answer."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from ollama_bench.embedded.catalogue import Model
from ollama_bench.embedded.describe import capabilities, default_stop, header_of
from ollama_bench.embedded.engine import LoadPlan, Runner
from ollama_bench.embedded.gguf import GgufHeader
from ollama_bench.embedded.options import Options, parse_options
from ollama_bench.embedded.prompt import Turn, family_of, render_template, render_turns
from ollama_bench.embedded.request import (
    ChatRequest,
    GenerateRequest,
    parse_format,
    parse_keep_alive,
    parse_think,
)
from ollama_bench.embedded.scheduler import Scheduler
from ollama_bench.embedded.thinking import OPEN, ThinkSplitter
from ollama_bench.embedded.wire import ApiError, Json, not_supported

MAX_TOKEN_REPEATS = 30
MAX_THREADS = 512
ONE_LINE = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
"""An extension of JSON Schema by llguidance, llama.cpp's grammar engine here: free white space has no bound in its
grammars, and a small model that begins to indent may never end."""
TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, "
    "adjust the context length in settings, or use a model with a longer context length"
)


@dataclass(frozen=True)
class Piece:
    """A piece of an answer: text, thinking, or, last, the `final` fields (counts and durations)."""

    text: str = ""
    thinking: str = ""
    final: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """A request after all checks that need no runner; times are of the monotonic clock."""

    model: Model
    header: GgufHeader
    plan: LoadPlan
    options: Options
    keep_alive_s: float | None
    think: bool | str | None
    schema: Json | None
    truncate: bool
    entered_ns: int


@dataclass(frozen=True)
class PromptSource:
    """What the prompt is made of: turns for a template, or text as it is.

    `template` overrides the model's own; `context` is the tokens of an earlier exchange.
    """

    turns: Sequence[Turn] = ()
    raw: str | None = None
    template: str = ""
    context: Sequence[int] | None = None
    wants_context: bool = False


def check(request: GenerateRequest | ChatRequest, model: Model, parallel: int, entered_ns: int) -> Ask:
    """Check what can be checked before a model is loaded. Raises ApiError."""
    header = header_of(model)
    options = parse_options(request.options, default_stop(header))
    trained = header.number("context_length")
    plan = LoadPlan(
        path=str(model.path),
        num_ctx=min(options.num_ctx, trained) if trained else options.num_ctx,
        num_batch=options.num_batch if options.num_batch > 0 else Options.num_batch,
        num_thread=min(max(options.num_thread, 0), MAX_THREADS),
        num_gpu=options.num_gpu,
        main_gpu=options.main_gpu,
        use_mmap=options.use_mmap,
        shift=request.shift,
        parallel=parallel,
    )
    return Ask(
        model=model,
        header=header,
        plan=plan,
        options=options,
        keep_alive_s=parse_keep_alive(request.keep_alive),
        think=_check_think(request, header),
        schema=parse_format(request.format),
        truncate=request.truncate,
        entered_ns=entered_ns,
    )


def _check_think(request: GenerateRequest | ChatRequest, header: GgufHeader) -> bool | str | None:
    think = parse_think(request.think)
    if "thinking" in capabilities(header):
        return True if think is None else think
    if think:
        raise ApiError(400, f'"{request.model}" does not support thinking')
    return None


async def load_only(scheduler: Scheduler, ask: Ask) -> AsyncGenerator[Piece]:
    """Load the model, then yield the one piece that says so."""
    async with scheduler.runner(ask.model, ask.plan, ask.keep_alive_s):
        yield Piece(final={"done_reason": "load"})


async def generate(scheduler: Scheduler, ask: Ask, source: PromptSource) -> AsyncGenerator[Piece]:
    """Yield the pieces of one answer. It ends without a final piece when a token repeats too often, as Ollama's.

    Raises ApiError.
    """
    asked_ns = time.monotonic_ns()
    async with scheduler.runner(ask.model, ask.plan, ask.keep_alive_s) as loaded:
        # The wait for other requests is part of the total only; the wait for a load is the load's.
        load_ns = max(asked_ns, loaded.runner.ready_ns) - ask.entered_ns
        prompt = await _render(loaded.runner, ask, source)
        body = _completion_body(ask, await _fit(loaded.runner, ask, prompt))
        splitter = ThinkSplitter(opened=prompt.rstrip().endswith(OPEN)) if ask.think else None
        said, last, repeats = "", None, _RepeatCounter()
        async with aclosing(loaded.runner.complete(body)) as events:
            async for event in events:
                if repeats.count(event["content"]) > MAX_TOKEN_REPEATS:
                    return
                said += event["content"]
                for piece in _pieces(event, splitter):
                    yield piece
                last = event if event["stop"] else None
        if last is not None:
            final = _final(last, load_ns, time.monotonic_ns() - ask.entered_ns)
            context = await loaded.runner.tokenize(prompt + said) if source.wants_context else None
            yield Piece(final=_in_order(final, context))


def _pieces(event: Json, splitter: ThinkSplitter | None) -> list[Piece]:
    """Return the text and thinking of one of llama.cpp's events; a last event has none of its own."""
    if splitter is None:
        return [Piece(event["content"])] if event["content"] else []
    parts = [splitter.feed(event["content"])] + ([splitter.finish()] if event["stop"] else [])
    return [Piece(text, thinking) for thinking, text in parts if thinking or text]


class _RepeatCounter:
    """Counts how often the same text, white space aside, has followed itself."""

    def __init__(self) -> None:
        self._last, self._repeats = "", 0

    def count(self, token: str) -> int:
        token = token.strip()
        self._repeats = self._repeats + 1 if token == self._last else 0
        self._last = token
        return self._repeats


async def _render(runner: Runner, ask: Ask, source: PromptSource) -> str:
    if source.raw is not None:
        return source.raw
    before = await runner.detokenize(list(source.context)) if source.context is not None else ""
    if source.template:
        texts = {turn.role: turn.content for turn in source.turns}
        return before + render_template(source.template, system=texts.get("system", ""), prompt=texts.get("user", ""))
    return before + await _render_newest(runner, ask, source.turns)


async def _render_newest(runner: Runner, ask: Ask, turns: Sequence[Turn]) -> str:
    """Render as many of the newest turns as fit into the context, with all system turns, and always the last."""
    for start in range(len(turns)):
        kept = [turn for turn in turns[:start] if turn.role == "system"] + list(turns[start:])
        text = await _render_turns(runner, ask, kept)
        # A token is at least one byte, so a short text needs no counting.
        if not ask.truncate or start == len(turns) - 1 or len(text.encode()) <= ask.plan.num_ctx:
            return text
        if len(await runner.tokenize(text)) <= ask.plan.num_ctx:
            return text
    return ""


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


async def _fit(runner: Runner, ask: Ask, prompt: str) -> str | list[int]:
    """Cut the middle out of a prompt that is longer than the context, as Ollama does, unless `truncate` is false."""
    num_ctx = ask.plan.num_ctx
    if not ask.truncate or len(prompt.encode()) < num_ctx:
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


def _completion_body(ask: Ask, prompt: str | list[int]) -> Json:
    options = ask.options
    body: Json = {
        "prompt": prompt,
        "cache_prompt": True,
        "n_predict": options.num_predict if options.num_predict > 0 else -1,
        "n_keep": options.num_keep,
        "seed": options.seed,
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
        "min_p": options.min_p,
        "typical_p": options.typical_p,
        "repeat_last_n": options.repeat_last_n,
        "repeat_penalty": options.repeat_penalty,
        "presence_penalty": options.presence_penalty,
        "frequency_penalty": options.frequency_penalty,
        "stop": options.stop,
    }
    return body | ({"json_schema": ask.schema | {"x-guidance": ONE_LINE}} if ask.schema is not None else {})


def _final(event: Json, load_ns: int, total_ns: int) -> Json:
    """Return the last line's fields from llama.cpp's timings; Ollama leaves zeros out, except of cached tokens."""
    timings = event["timings"]
    counts = {
        "total_duration": total_ns,
        "load_duration": load_ns,
        "prompt_eval_count": timings["cache_n"] + timings["prompt_n"],
        "prompt_eval_cached_count": timings["cache_n"],
        "prompt_eval_duration": round(timings["prompt_ms"] * 1e6),
        "eval_count": timings["predicted_n"],
        "eval_duration": round(timings["predicted_ms"] * 1e6),
    }
    reason = "length" if event["stop_type"] == "limit" else "stop"
    kept = {name: n for name, n in counts.items() if n or name == "prompt_eval_cached_count"}
    return {"done_reason": reason} | kept


def _in_order(final: Json, context: list[int] | None) -> Json:
    reason = {"done_reason": final["done_reason"]}
    return reason | ({"context": context} if context is not None else {}) | final


def reject_unsupported(request: GenerateRequest | ChatRequest) -> None:
    """Raise ApiError 501 for what Ollama has and this engine has not; nothing is ignored in silence."""
    if request.logprobs or request.top_logprobs:
        raise not_supported("logprobs")
    images = (
        request.images or []
        if isinstance(request, GenerateRequest)
        else [image for message in request.messages for image in message.images]
    )
    if images:
        raise not_supported("images")
    if isinstance(request, GenerateRequest) and request.suffix:
        raise not_supported("suffix")
    if isinstance(request, ChatRequest) and (request.tools or any(m.tool_calls for m in request.messages)):
        raise not_supported("tools")
