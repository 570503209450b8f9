"""/api/generate and /api/chat: from a checked request to the pieces of its answer."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from ollama_bench.embedded.ask import Ask
from ollama_bench.embedded.engine import Runner
from ollama_bench.embedded.rendering import PromptSource, fit, render
from ollama_bench.embedded.scheduler import Scheduler
from ollama_bench.embedded.thinking import CLOSE, OPEN, ThinkSplitter
from ollama_bench.embedded.wire import Json

MAX_TOKEN_REPEATS = 30
MAX_CONTEXTS = 10
"""How often an answer may fill the context, so that none goes on for ever; as Ollama limits `num_predict`."""


@dataclass(frozen=True)
class Piece:
    """A piece of an answer: text, thinking, or, last, the `final` fields (counts and durations)."""

    text: str = ""
    thinking: str = ""
    final: Json = field(default_factory=dict)


async def load_only(scheduler: Scheduler, ask: Ask) -> AsyncGenerator[Piece]:
    """Load the model, then yield the one piece that says so."""
    async with scheduler.runner(ask.model, ask.header, ask.plan, ask.keep_alive_s):
        yield Piece(final={"done_reason": "load"})


async def generate(scheduler: Scheduler, ask: Ask, source: PromptSource) -> AsyncGenerator[Piece]:
    """Yield the pieces of one answer. It ends without a final piece when a token repeats too often, as Ollama's.

    Raises ApiError.
    """
    asked_ns = time.monotonic_ns()
    async with scheduler.runner(ask.model, ask.header, ask.plan, ask.keep_alive_s) as loaded:
        # The wait for other requests is part of the total only; the wait for a load is the load's.
        load_ns = max(asked_ns, loaded.runner.ready_ns) - ask.entered_ns
        completion = _Completion(loaded.runner, ask, await render(loaded.runner, ask, source))
        async with aclosing(completion.pieces()) as pieces:
            async for piece in pieces:
                yield piece
        if completion.last is not None:
            final = _final(completion.last, load_ns, time.monotonic_ns() - ask.entered_ns)
            context = (
                await loaded.runner.tokenize(completion.prompt + completion.said) if source.wants_context else None
            )
            yield Piece(final=_in_order(final, context))


class _Completion:
    """One answer as it grows: `said` so far, and llama.cpp's `last` event once there was one."""

    def __init__(self, runner: Runner, ask: Ask, prompt: str) -> None:
        self.prompt = prompt
        self.said = ""
        self.last: Json | None = None
        self._runner = runner
        self._ask = ask
        self._splitter = ThinkSplitter(opened=prompt.rstrip().endswith(OPEN)) if ask.think else None

    async def pieces(self) -> AsyncGenerator[Piece]:
        """Yield the pieces. A model that thinks is kept to `format` only from the answer proper on.

        Then it is asked twice, as Ollama does, and the counts and durations are those of the second time.
        """
        if self._splitter and self._ask.schema is not None:
            answers = False
            async with aclosing(self._ask_for(None)) as pieces:
                async for piece in pieces:
                    if answers := bool(piece.text):
                        break
                    yield piece
            thought, tag, _ = self.said.partition(CLOSE)
            if not answers and not (self.last and tag):  # it loops, or ended before it had thought enough
                return
            self.said, self.last = f"{thought}{tag}\n\n" if tag else "", None
        async with aclosing(self._ask_for(self._ask.schema)) as pieces:
            async for piece in pieces:
                yield piece

    async def _ask_for(self, schema: Json | None) -> AsyncGenerator[Piece]:
        prompt = await fit(self._runner, self._ask, self.prompt + self.said)
        repeats = _RepeatCounter()  # Ollama counts anew each time it asks its runner
        async with aclosing(self._runner.complete(_completion_body(self._ask, prompt, schema))) as events:
            async for event in events:
                if repeats.count(event["content"]) > MAX_TOKEN_REPEATS:
                    return
                self.said += event["content"]
                for piece in _pieces(event, self._splitter):
                    yield piece
                self.last = event if event["stop"] else None


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


def _completion_body(ask: Ask, prompt: str | list[int], schema: Json | None) -> Json:
    options = ask.options
    num_ctx = ask.plan.num_ctx
    longest = MAX_CONTEXTS * num_ctx
    body: Json = {
        "prompt": prompt,
        "cache_prompt": True,
        "n_predict": min(options.num_predict, longest) if options.num_predict > 0 else longest,
        "n_keep": options.num_keep,
        "seed": options.seed,
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
        "min_p": options.min_p,
        "typical_p": options.typical_p,
        # llama.cpp makes room for so many tokens at once; there are never more than a prompt and the longest answer.
        "repeat_last_n": num_ctx if options.repeat_last_n == -1 else min(options.repeat_last_n, num_ctx + longest),
        "repeat_penalty": options.repeat_penalty,
        "presence_penalty": options.presence_penalty,
        "frequency_penalty": options.frequency_penalty,
        "stop": options.stop,
    }
    return body | ({"json_schema": schema} if schema is not None else {})


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
