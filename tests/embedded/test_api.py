"""What the recordings do not cover, on the real server."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from ollama_bench.embedded.extra import require_extra
from ollama_bench.embedded.process import EmbeddedServer
from ollama_bench.errors import MissingExtraError, ServerError
from tests.embedded.conftest import MODEL, TINY, in_background, runners
from tests.embedded.tiny_gguf import CONTEXT, WORDS, write_tiny_gguf

SHORT = {"num_predict": 6, "temperature": 0, "seed": 1}


def generate(api: httpx.Client, **body: object) -> httpx.Response:
    return api.post("/api/generate", json={"model": MODEL, "stream": False, "options": SHORT} | body)


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/api/generate", {"prompt": "x", "images": ["aGk="]}, "images"),
        ("/api/generate", {"prompt": "x", "suffix": "y"}, "suffix"),
        ("/api/generate", {"prompt": "x", "width": 64}, "images"),
        ("/api/generate", {"prompt": "x", "height": 64}, "images"),
        ("/api/generate", {"prompt": "x", "steps": 9}, "images"),
        ("/api/generate", {"prompt": "x", "logprobs": True}, "logprobs"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "images": ["aGk="]}]}, "images"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function"}]}, "tools"),
        ("/api/chat", {"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "tools"),
        ("/api/generate", {"prompt": "x", "template": "{{ range .Messages }}{{ end }}"}, "range"),
        ("/api/generate", {"prompt": "x", "template": "{{ .Prompt "}, "unclosed"),
        ("/api/generate", {"prompt": "x", "_debug_render_only": True}, "_debug_render_only"),
        ("/api/chat", {"messages": [{"role": "tool", "content": "x"}]}, "tools"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "tool_name": "f"}]}, "tools"),
        ("/api/chat", {"messages": [{"role": "user", "content": "x", "tool_call_id": "1"}]}, "tools"),
        ("/api/show", {"system": "Be brief."}, "system"),
        ("/api/show", {"template": "{{ .Prompt }}"}, "template"),
        ("/api/show", {"options": {"num_ctx": 8}}, "options"),
        ("/api/embed", {"input": "x"}, "/api/embed"),
        ("/v1/chat/completions", {}, "/v1/chat/completions"),
        ("/api/blobs/sha256:0", {}, "/api/blobs/sha256:0"),
        ("/api/create", {}, "/api/create"),
        ("/api/push", {}, "/api/push"),
        ("/api/me", {}, "/api/me"),
    ],
)
def test_what_is_not_supported_says_so(path: str, body: dict[str, object], what: str, api: httpx.Client) -> None:
    answer = api.post(path, json={"model": MODEL} | body)
    assert answer.status_code == 501
    assert what in answer.json()["error"]
    assert "does not support" in answer.json()["error"]


def test_a_template_that_is_not_supported_loads_no_model(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server() as server:
        body = {"model": TINY, "prompt": "x", "template": "{{ .Tools }}"}
        assert httpx.post(f"{server.url}/api/generate", json=body, timeout=60).status_code == 501
        assert httpx.get(f"{server.url}/api/ps").json() == {"models": []}


def test_an_embedding_model_is_not_asked_for_text(api: httpx.Client, server: EmbeddedServer, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "embeds.gguf", metadata={"llama.pooling_type": 1})
    assert api.post("/api/show", json={"model": str(path)}).json()["capabilities"] == ["embedding"]
    before = runners(server)
    chat = {"messages": [{"role": "user", "content": "x"}]}
    for name, body in (("generate", {"prompt": "x"}), ("generate", {}), ("chat", chat), ("chat", {})):
        answer = api.post(f"/api/{name}", json={"model": str(path)} | body)
        assert answer.status_code == 400
        assert answer.json() == {"error": f'"{path}" does not support {name}'}
    assert runners(server) == before


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (
            "/api/show",
            {"options": 5},
            "number into Go struct field ShowRequest.options of type map",
        ),
        ("/api/show", {"verbose": "yes"}, "string into Go struct field ShowRequest.verbose of type bool"),
        ("/api/pull", {"insecure": 1}, "number into Go struct field PullRequest.insecure of type bool"),
        ("/api/pull", {"password": 1}, "number into Go struct field PullRequest.password of type string"),
    ],
)
def test_types_are_checked_of_each_endpoint_s_own_fields(
    path: str, body: dict[str, object], message: str, api: httpx.Client
) -> None:
    answer = api.post(path, json={"model": MODEL} | body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"json: cannot unmarshal {message}")


def test_a_pull_takes_what_makes_no_difference_here(api: httpx.Client) -> None:
    body = {"model": TINY, "insecure": True, "username": "ann", "password": "secret", "stream": False}
    assert api.post("/api/pull", json=body).json() == {"status": "success"}


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
    }
    answer = generate(api, prompt="Is it?", format=schema, options=options).json()
    assert answer["done_reason"] == "stop"
    assert list(json.loads(answer["response"])) == ["ok"]
    assert generate(api, prompt="A JSON object:", format="json", options=options).json()["response"].lstrip()[0] == "{"


DEEP: dict[str, object] = {"type": "string"}
for _ in range(100):
    DEEP = {"type": "object", "properties": {"a": DEEP}, "required": ["a"]}


@pytest.mark.parametrize("schema", [{"type": "nope"}, {"$ref": "#/nothing"}, DEEP])
def test_a_schema_that_cannot_be_used_is_a_400(schema: dict[str, object], api: httpx.Client) -> None:
    answer = generate(api, model=TINY, prompt="x", format=schema)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("invalid JSON schema in format: ")
    assert generate(api, model=TINY, prompt="x").status_code == 200


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"type": "boolean"}])
def test_a_format_that_breaks_in_the_middle_is_an_error(schema: dict[str, object], api: httpx.Client) -> None:
    # The grammar's engine stumbles over this small vocabulary when a schema forces several characters.
    answer = generate(api, model=TINY, prompt="x", format=schema, options={"num_predict": 8, "temperature": 0})
    assert answer.status_code == 500
    assert "cannot be kept to format" in answer.json()["error"]


def test_schemas_of_requests_at_once_are_told_apart(own_server: Callable[..., EmbeddedServer]) -> None:
    with own_server(OLLAMA_NUM_PARALLEL="2") as server:
        url = f"{server.url}/api/generate"
        body = {"model": TINY, "prompt": "x", "stream": False, "options": {"num_predict": 8, "temperature": 0}}
        schemas = [{"type": "integer"}, {"type": "nope"}] * 10
        asked = [in_background(partial(httpx.post, url, json=body | {"format": s}, timeout=60)) for s in schemas]
        for thread, _ in asked:
            thread.join()
    statuses = [answer.status_code for _, [answer] in asked if isinstance(answer, httpx.Response)]
    assert statuses == [200, 400] * 10


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", ["generate", "chat"])
def test_an_answer_that_repeats_and_says_nothing(path: str, stream: bool, home: Path, tmp_path: Path) -> None:
    # Every token of this model is a control token, which has no text.
    count = len(WORDS) + 259
    mute = write_tiny_gguf(tmp_path / "mute.gguf", metadata={"tokenizer.ggml.token_type": [3] * count})
    body = {"model": str(mute), "prompt": "x", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    with EmbeddedServer() as server:
        answer = httpx.post(f"{server.url}/api/{path}", json=body | {"options": SHORT | {"num_predict": 99}})
    assert answer.status_code == 200
    if stream:
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert answer.text == ""
        return
    said = {"response": ""} if path == "generate" else {"message": {"role": "assistant", "content": ""}}
    whole = answer.json()
    assert whole.pop("created_at")
    assert whole == {"model": str(mute), "done": False} | said


@pytest.mark.parametrize(
    "body",
    [
        '{"model": "tiny", "prompt": "a \\ud800 b", "stream": false, "options": {"num_predict": 2}}',
        '{"model": "tiny", "prompt": "x", "stream": false, "options": {"stop": ["\\udfff"], "num_predict": 2}}',
    ],
)
def test_half_a_character_is_replaced(body: str, api: httpx.Client) -> None:
    assert api.post("/api/generate", content=body).status_code == 200


@pytest.mark.parametrize("field", ['"keep_alive": %s', '"options": {"num_ctx": %s}', '"options": {"top_p": %s}'])
def test_a_number_that_no_type_holds_is_a_400(field: str, api: httpx.Client) -> None:
    answer = api.post("/api/generate", content='{"model": "tiny", "prompt": "x", ' + field % ("9" * 400) + "}")
    assert answer.status_code == 400
    assert "cannot unmarshal number" in answer.json()["error"]


@pytest.mark.parametrize("count", [-1, 0, 8, 2**40])
def test_repeat_last_n_takes_what_ollama_documents(count: int, api: httpx.Client) -> None:
    answer = generate(api, model=TINY, prompt="x", options=SHORT | {"repeat_last_n": count, "repeat_penalty": 1.3})
    assert answer.status_code == 200, answer.text


def test_roles_are_compared_without_case(api: httpx.Client) -> None:
    lower, upper = (
        api.post(
            "/api/chat",
            json={"model": MODEL, "messages": [{"role": role, "content": "Hi"}], "stream": False, "options": SHORT},
        ).json()["prompt_eval_count"]
        for role in ("user", "USER")
    )
    assert lower == upper


ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}[{{ m.content }}]{% endfor %}"
)


def test_old_turns_are_dropped_from_a_long_conversation(home: Path, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "alternates.gguf", chat_template=ALTERNATING)
    roles = ["user", "assistant"] * 200 + ["user"]
    messages = [{"role": role, "content": f"{index:03} words of a turn"} for index, role in enumerate(roles)]
    body = {"model": str(path), "messages": messages, "stream": False, "options": SHORT}
    with EmbeddedServer() as server:
        answer = httpx.post(f"{server.url}/api/chat", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    assert CONTEXT - 70 < answer.json()["prompt_eval_count"] <= CONTEXT  # one more pair of turns is no more than 70


def test_a_prompt_of_many_batches_is_answered_to_the_end(api: httpx.Client) -> None:
    options = SHORT | {"num_batch": 4}
    answer = generate(api, model=TINY, prompt="x" * 400, raw=True, options=options).json()
    assert answer["done"] is True
    assert answer["prompt_eval_count"] > 30 * 4


def test_a_prompt_just_as_long_as_the_context_is_counted(api: httpx.Client) -> None:
    for length in range(56, 68):
        options = SHORT | {"num_ctx": 64}
        answer = generate(api, model=TINY, prompt="x" * length, raw=True, options=options)
        assert answer.status_code == 200, (length, answer.text)


def test_a_loaded_model_is_listed_although_its_file_is_gone(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_BENCH_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    write_tiny_gguf(tmp_path / "models" / "gemma-3-270m-q4_k_m.gguf")
    with EmbeddedServer() as server, httpx.Client(base_url=server.url, timeout=60) as api:
        generate(api, prompt="x").raise_for_status()
        api.request("DELETE", "/api/delete", json={"model": MODEL}).raise_for_status()
        [entry] = api.get("/api/ps").json()["models"]
    assert entry["name"] == MODEL
    assert len(entry["digest"]) == 64


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


@pytest.mark.parametrize("token", [-1, len(WORDS) + 259, 10**6, 2**31, 2**40, -(2**70)])
def test_a_context_of_other_tokens_than_the_model_s_is_a_400(token: int, api: httpx.Client) -> None:
    answer = generate(api, model=TINY, prompt="x", context=[5, token])
    assert answer.status_code == 400
    assert answer.json()["error"] == f"context: {token} is no token of tiny, whose ids are 0 to {len(WORDS) + 258}"
    assert generate(api, model=TINY, prompt="x", context=[len(WORDS) + 258]).status_code == 200


@pytest.mark.parametrize("limit", [{}, {"num_predict": -1}, {"num_predict": 0}, {"num_predict": 41}])
def test_an_answer_ends_at_ten_times_the_context(limit: dict[str, int], api: httpx.Client) -> None:
    options = {"num_ctx": 4, "seed": 1, "temperature": 2.0, "repeat_penalty": 2.0} | limit
    answer = generate(api, model=TINY, prompt="x", raw=True, options=options, stream=False).json()
    assert (answer["done_reason"], answer["eval_count"]) == ("length", 40)


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


@pytest.mark.parametrize("path", ["generate", "chat"])
@pytest.mark.parametrize(
    "script", [["hm", ", so", "</think>", "no"], ["hm", "</think>"], ["<think>", "hm", "</think>"]]
)
def test_thinking_is_not_kept_to_format(script: list[str], path: str, home: Path, tmp_path: Path) -> None:
    opens = "" if "<think>" in script else "<think>"
    template = "{% for m in messages %}[{{ m.content }}]{% endfor %}" + opens + "{# </think> #}"
    model = write_tiny_gguf(tmp_path / "scripted.gguf", chat_template=template, script=script)
    body = {"model": str(model), "prompt": "x", "messages": [{"role": "user", "content": "x"}], "stream": False}
    body |= {"options": {"temperature": 0, "num_predict": 9}}
    with EmbeddedServer() as server:
        free, kept = (
            httpx.post(f"{server.url}/api/{path}", json=body | extra, timeout=60).json()
            for extra in ({}, {"format": {"type": "integer"}})
        )
    without, within = (
        (answer.get("thinking"), answer["response"])
        if path == "generate"
        else (answer["message"].get("thinking"), answer["message"]["content"])
        for answer in (free, kept)
    )
    assert without == ("hm, so" if ", so" in script else "hm", "no" if "no" in script else "")
    assert within[0] == without[0]
    assert isinstance(json.loads(within[1]), int)
    assert kept["done"] is True


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
