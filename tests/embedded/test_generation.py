"""An answer's pieces, with a runner that says what it is told to: a real one does not repeat itself at will."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest

from ollama_bench.embedded.ask import check_request
from ollama_bench.embedded.catalogue import Model
from ollama_bench.embedded.engine import Runner
from ollama_bench.embedded.generation import MAX_TOKEN_REPEATS, _Completion
from ollama_bench.embedded.request import ChatRequest
from ollama_bench.embedded.wire import Json
from tests.embedded.conftest import THINKING_TEMPLATE
from tests.embedded.tiny_gguf import write_tiny_gguf


class ScriptedRunner:
    """Says one script each time it is asked."""

    def __init__(self, *scripts: list[str]) -> None:
        self.asked: list[Json] = []
        self._scripts = iter(scripts)

    async def complete(self, body: Json) -> AsyncGenerator[Json]:
        self.asked.append(body)
        for token in next(self._scripts):
            yield {"content": token, "stop": False}
        yield {"content": "", "stop": True}


@pytest.mark.parametrize(("repeats", "whole"), [(MAX_TOKEN_REPEATS, True), (MAX_TOKEN_REPEATS + 1, False)])
def test_repeats_are_counted_anew_in_the_answer_after_the_thinking(repeats: int, whole: bool, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "thinks.gguf", chat_template=THINKING_TEMPLATE)
    ask = check_request(ChatRequest(format={"type": "integer"}), Model("thinks", path), 1, 0)
    runner = ScriptedRunner(["hm", "</think>", "7"], ["7"] * (1 + repeats))
    completion = _Completion(cast(Runner, runner), ask, "<think>")

    async def text() -> str:
        return "".join([piece.text async for piece in completion.pieces()])

    assert asyncio.run(text()) == "7" * (1 + MAX_TOKEN_REPEATS)
    assert (completion.last is not None) is whole


@pytest.mark.parametrize(("asked", "sent"), [(-1, 64), (0, 0), (8, 8), (100, 100), (2**40, 11 * 64)])
def test_repeat_last_n_is_no_more_than_there_can_be_tokens(asked: int, sent: int, tmp_path: Path) -> None:
    # llama.cpp keeps room for as many: two thousand million took 8 GB, and half a minute.
    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    ask = check_request(ChatRequest(options={"repeat_last_n": asked, "num_ctx": 64}), Model("tiny", path), 1, 0)
    runner = ScriptedRunner(["a"])

    async def drain() -> None:
        async for _ in _Completion(cast(Runner, runner), ask, "x").pieces():
            pass

    asyncio.run(drain())
    assert runner.asked[0]["repeat_last_n"] == sent
