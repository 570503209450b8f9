"""Real clients, unchanged, against the server."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator

import ollama
import pytest
from langchain_ollama import ChatOllama

from ollama_bench.embedded.process import EmbeddedServer
from tests.embedded.conftest import MODEL

OPTIONS = {"num_predict": 8, "temperature": 0, "seed": 1}
MESSAGES = [{"role": "user", "content": "Name a colour."}]
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}},
    "required": ["n"],
}


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[ollama.Client]:
    with ollama.Client(server.url) as client:
        yield client


def test_the_official_client_generates_and_chats(client: ollama.Client) -> None:
    whole = client.generate(MODEL, "Hello", options=OPTIONS)
    assert whole.done
    assert whole.eval_count == 8
    assert whole.total_duration is not None
    streamed = list(client.chat(MODEL, MESSAGES, stream=True, options=OPTIONS))
    assert streamed[-1].done_reason == "length"
    assert "".join(part.message.content or "" for part in streamed)


def test_the_official_client_manages_models(client: ollama.Client) -> None:
    assert list(client.pull(MODEL, stream=True))[-1].status == "success"
    assert MODEL in [model.model for model in client.list().models]
    shown = client.show(MODEL)
    assert shown.details is not None
    assert shown.details.quantization_level == "Q4_K_M"
    assert shown.capabilities == ["completion"]
    client.generate(MODEL, "", keep_alive="1m")
    assert [model.model for model in client.ps().models] == [MODEL]
    with pytest.raises(ollama.ResponseError, match="not found") as caught:
        client.generate("nosuch:1b", "x")
    assert caught.value.status_code == 404


def test_the_official_client_gets_structured_output(client: ollama.Client) -> None:
    answer = client.chat(MODEL, MESSAGES, format=SCHEMA, options=OPTIONS | {"num_predict": 64})
    assert list(json.loads(answer.message.content or "")) == ["n"]


@pytest.mark.parametrize(
    "command",
    [
        [
            "/api/generate",
            "-d",
            '{"model": "gemma3:270m", "prompt": "Why?", "stream": false, "options": {"num_predict": 4}}',
        ],
        [
            "/api/chat",
            "-d",
            '{"model": "gemma3:270m", "messages": [{"role": "user", "content": "?"}], "options": {"num_predict": 4}}',
        ],
        ["/api/show", "-d", '{"model": "gemma3:270m"}'],
        ["/api/tags"],
        ["/api/ps"],
        ["/api/version"],
    ],
)
def test_curl(command: list[str], server: EmbeddedServer) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["curl", "-sS", "--fail", server.url + command[0], *command[1:]], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("{")


def test_langchain(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "false")  # nothing goes to another machine
    chat = ChatOllama(model=MODEL, base_url=server.url, num_predict=8, temperature=0, seed=1)
    answer = chat.invoke("Name a colour.")
    assert answer.content
    assert answer.response_metadata["done_reason"] == "length"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 8
    assert "".join(str(part.content) for part in chat.stream("Name a colour."))
    chat._client.close()  # it has no way of its own to close its connections


def test_langchain_in_an_event_loop_and_with_a_schema(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    chat = ChatOllama(
        model=MODEL, base_url=server.url, num_predict=64, temperature=0, format=SCHEMA, keep_alive="5m", reasoning=False
    )

    async def ask() -> str:
        parts = [str(part.content) async for part in chat.astream([("system", "Be brief."), ("human", "A number?")])]
        await chat._async_client.close()
        return "".join(parts)

    assert list(json.loads(asyncio.run(ask()))) == ["n"]
    chat._client.close()
