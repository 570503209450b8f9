"""What the recordings do not cover, on the real server."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ollama_bench.embedded.extra import require_extra
from ollama_bench.embedded.process import EmbeddedServer
from ollama_bench.errors import MissingExtraError, ServerError
from tests.embedded.conftest import MODEL, TINY
from tests.embedded.tiny_gguf import write_tiny_gguf

SHORT = {"num_predict": 6, "temperature": 0, "seed": 1}


def generate(api: httpx.Client, **body: object) -> httpx.Response:
    return api.post("/api/generate", json={"model": MODEL, "stream": False, "options": SHORT} | body)


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/api/generate", {"prompt": "x", "images": ["aGk="]}, "images"),
        ("/api/generate", {"prompt": "x", "suffix": "y"}, "suffix"),
        ("/api/generate", {"prompt": "x", "logprobs": True}, "logprobs"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "images": ["aGk="]}]}, "images"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function"}]}, "tools"),
        ("/api/chat", {"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "tools"),
        ("/api/generate", {"prompt": "x", "template": "{{ range .Messages }}{{ end }}"}, "range"),
        ("/api/embed", {"input": "x"}, "/api/embed"),
        ("/api/create", {}, "/api/create"),
        ("/api/push", {}, "/api/push"),
    ],
)
def test_what_is_not_supported_says_so(path: str, body: dict[str, object], what: str, api: httpx.Client) -> None:
    answer = api.post(path, json={"model": MODEL} | body)
    assert answer.status_code == 501
    assert what in answer.json()["error"]
    assert "does not support" in answer.json()["error"]


def test_the_prompt_cache_shows_beside_the_count(api: httpx.Client) -> None:
    prompt = "Name the rivers of the northern plains, from west to east."
    first, second = (generate(api, prompt=prompt).json() for _ in range(2))
    assert first["prompt_eval_count"] == second["prompt_eval_count"]
    assert second["prompt_eval_cached_count"] > first["prompt_eval_cached_count"]


def test_json_and_a_schema_constrain_the_answer(api: httpx.Client) -> None:
    options = SHORT | {"num_predict": 80}
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    answer = generate(api, prompt="Is it?", format=schema, options=options).json()
    assert answer["done_reason"] == "stop"
    assert list(json.loads(answer["response"])) == ["ok"]
    assert generate(api, prompt="A JSON object:", format="json", options=options).json()["response"].lstrip()[0] == "{"


def test_a_stop_sequence_is_not_in_the_answer(api: httpx.Client) -> None:
    answer = generate(api, prompt="1, 2, 3, 4,", raw=True, options=SHORT | {"stop": ["6"], "num_predict": 40}).json()
    assert answer["done_reason"] == "stop"
    assert "6" not in answer["response"]


def test_the_system_text_is_a_turn_of_its_own(api: httpx.Client) -> None:
    without, with_system = (generate(api, prompt="Hi", **extra).json() for extra in ({}, {"system": "Be brief."}))
    assert with_system["prompt_eval_count"] > without["prompt_eval_count"]


def test_context_continues_a_conversation(api: httpx.Client) -> None:
    first = generate(api, prompt="My name is Bob.").json()
    second = generate(api, prompt="What is it?", context=first["context"]).json()
    assert second["context"][: len(first["context"])] == first["context"]


def test_characters_that_take_several_tokens_arrive_whole(api: httpx.Client) -> None:
    body = {
        "model": MODEL,
        "prompt": "🦙🦙🦙🦙",
        "raw": True,
        "options": SHORT | {"num_predict": 24, "temperature": 1.0},
    }
    with api.stream("POST", "/api/generate", json=body) as answer:
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert all("\ufffd" not in line["response"] for line in lines)
    assert lines[-1]["eval_count"] >= len(lines) - 1


def test_the_file_s_own_template_is_used_and_thinking_is_apart(api: httpx.Client) -> None:
    shown = api.post("/api/show", json={"model": "thinking"}).json()
    assert "<think>" in shown["template"]
    assert shown["capabilities"] == ["completion", "thinking"]
    question = [{"role": "user", "content": "why?"}]
    answers = {
        think: api.post(
            "/api/chat",
            json={"model": "thinking", "messages": question, "stream": False, "options": SHORT} | extra,
        ).json()
        for think, extra in (("default", {}), ("yes", {"think": True}), ("no", {"think": False}))
    }
    assert answers["default"]["message"]["thinking"]
    assert answers["yes"]["message"]["thinking"]
    assert "thinking" not in answers["no"]["message"]
    assert answers["no"]["message"]["content"]


def test_thinking_of_earlier_messages_reaches_the_template(home: Path, tmp_path: Path) -> None:
    template = "{% for m in messages %}{{ m.reasoning_content }}|{{ m.content }};{% endfor %}"
    path = write_tiny_gguf(tmp_path / "recalls.gguf", chat_template=template)
    counts = []
    with EmbeddedServer() as server:
        for thinking in ("", "a long chain of thought"):
            messages = [{"role": "assistant", "content": "x", "thinking": thinking}, {"role": "user", "content": "y"}]
            body = {"model": str(path), "messages": messages, "stream": False, "options": SHORT}
            counts.append(httpx.post(f"{server.url}/api/chat", json=body, timeout=60).json()["prompt_eval_count"])
    assert counts[1] > counts[0]


def test_thinking_is_streamed_in_its_own_field(api: httpx.Client) -> None:
    body = {"model": "thinking", "prompt": "why?", "options": SHORT}
    lines = [json.loads(line) for line in api.post("/api/generate", json=body).text.splitlines()]
    assert any(line.get("thinking") for line in lines)
    assert lines[-1]["done"] is True


def test_verbose_show_lists_the_vocabulary(api: httpx.Client) -> None:
    info = api.post("/api/show", json={"model": TINY, "verbose": True}).json()["model_info"]
    assert info["tokenizer.ggml.tokens"][1] == "<s>"


def test_a_broken_file_is_not_listed(api: httpx.Client) -> None:
    names = [model["name"] for model in api.get("/api/tags").json()["models"]]
    assert "second-model:latest" in names
    assert "broken:latest" not in names


def test_lines_of_a_stream_come_one_by_one(api: httpx.Client) -> None:
    body = {"model": MODEL, "prompt": "Tell a story.", "options": {"num_predict": 12, "temperature": 0}}
    with api.stream("POST", "/api/generate", json=body) as answer:
        chunks = list(answer.iter_raw())
    assert all(chunk.count(b"\n") == 1 for chunk in chunks[:6])


def test_a_port_that_is_taken_is_a_clear_error(server: EmbeddedServer) -> None:
    port = server.url.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "ollama_bench.embedded", "--port", port], capture_output=True, text=True, check=False
    )
    assert second.returncode == 3
    assert f"127.0.0.1:{port}" in second.stderr
    assert "--port" in second.stderr


def test_a_folder_that_is_missing_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="there is no such folder"), EmbeddedServer("--models", str(tmp_path / "no")):
        pass


def test_a_missing_extra_names_its_remedy() -> None:
    with pytest.raises(MissingExtraError, match=r'pip install "ollama-bench\[embedded\]"'):
        require_extra(["a_package_that_nobody_has"])
