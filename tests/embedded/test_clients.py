"""Real clients, unchanged, against the server."""

import shutil
import subprocess
from collections.abc import Callable, Iterator

import ollama
import pytest

from ollama_bench.embedded.process import EmbeddedServer
from tests.embedded.conftest import MODEL

OPTIONS = {"num_predict": 8, "temperature": 0, "seed": 1}
MESSAGES = [{"role": "user", "content": "Name a colour."}]


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
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}}, "required": ["n"]}
    answer = client.chat(MODEL, MESSAGES, format=schema, options=OPTIONS | {"num_predict": 64})
    assert (answer.message.content or "").lstrip().startswith("{")


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


def test_langchain(server: EmbeddedServer) -> None:
    langchain: Callable[..., object] = pytest.importorskip(
        "langchain_ollama", reason="run by hand: pip install langchain-ollama"
    ).ChatOllama
    chat = langchain(model=MODEL, base_url=server.url, num_predict=8, temperature=0, seed=1)
    answer = chat.invoke("Name a colour.")  # type: ignore[attr-defined]
    assert answer.content
    assert answer.response_metadata["done_reason"] == "length"
    assert answer.usage_metadata["output_tokens"] == 8
    assert "".join(part.content for part in chat.stream("Name a colour."))  # type: ignore[attr-defined]
    chat._client.close()  # type: ignore[attr-defined]  # it has no way of its own to close its connections
