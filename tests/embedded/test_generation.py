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
        self._scripts = iter(scripts)

    async def complete(self, body: Json) -> AsyncGenerator[Json]:
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
