"""Replays what a real Ollama 0.33.0-rc2 was asked, and compares the answers.

Compared: status, content type and the headers that clients act on; of JSON the fields and their types, `model`,
`done`, `done_reason`, the counts of prompt tokens, and of generated ones where a limit ended them, and the prompt's
tokens in `context`; of a stream the kinds of lines in their order; of an error its whole text. Not compared: generated
text and durations.
"""

import json
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
import pytest

from ollama_bench.embedded.process import EmbeddedServer
from tests.embedded.conftest import MODEL, loaded_models, unload, until

RECORDINGS = Path(__file__).parent.parent / "data" / "ollama-api" / "v0.33.0-rc2"
LOOPS = "0" * 300

OUT_OF_SCOPE = {
    "040-*": "a table of timings, not a request",
    "153-*, 155-*, 178-*, 16?-*-embed": "embed and copy: 501",
    "175-*, 176-*, 177-*, 180-*, 181-*": "tools, suffix, images, logprobs: 501",
    "19?-*": "/v1: 501",
    "205-*, 206a-*, 217-*, 218-*": "a registry that fails; the embedded engine asks no registry",
    "3??-*": "several requests at once: see test_lifecycle.py",
}
"""Recordings that are not replayed, and why. Their files are not kept here."""

BY_DESIGN = {
    "*": ("prompt_eval_cached_count", "sent as newer versions than the recorded one do"),
    "041-*, 042-*, 043-*, 044-*": ("prompt", "another engine's greedy text: a prompt that loops on this one"),
    "121-*, 122-*, 123-*": ("done_reason", "another engine's text: whether 48 tokens are enough depends on it"),
    "128-*": ("error", "the grammar's compiler is another one, and so are its words"),
    "003-*, 004-*, 159e-*": ("template, parameters", "the file's own template, none, instead of a Modelfile's"),
    "206-*, 207-*": ("layers", "one file, from a package, instead of four layers from a registry"),
    "215-*, 216-*": ("status, content-type, lines", "501 at once: the embedded engine asks no registry"),
}
"""What differs on purpose: recordings, what differs, and why. The code below refers to these entries."""

LOADED_BEFORE: dict[str, dict[str, Any]] = {
    "012-*, 021-*": {},
    "023-*": {"keep_alive": "30m"},
    "025-*": {"keep_alive": -1},
    "027-*": {"keep_alive": 10},
    "111-*": {"options": {"num_ctx": 1024}},
    "149-ps-*": {"options": {"num_ctx": 65536}},
}
"""Recordings of /api/ps, and the request that loaded the model before."""

NEVER_ENDING = "115-*, 117-*, 166-option-null-option"
"""No limit to generation: the recording client gave up."""

TRIES = 10
"""How often a sampled answer is asked for. The model may draw its end before `num_predict`, or tokens without text;
then the recording is replayed with another seed. One that is never as the recorded one fails all the same."""

IN_OWN_HOME = "206-*, 207-*, 220-*"
"""Replayed in a test of their own, which may pull and delete."""

LISTS = "002-*, 003-*, 004-*, 159e-*"
"""Replayed in tests of their own, which look at what is listed."""

FROM_A_REGISTRY = "215-*, 216-*"
"""Replayed in a test of their own: nothing is asked for it."""


def matches(name: str, patterns: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns.split(", "))


def differs(name: str, what: str) -> bool:
    return any(matches(name, patterns) and what in entry[0].split(", ") for patterns, entry in BY_DESIGN.items())


def recording(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


ALL = sorted(path.stem for path in RECORDINGS.glob("*.json"))
RECORDED = (Path(__file__).parent / "recordings.txt").read_text(encoding="utf-8").split()
"""Every request of the recorded session, kept here or not."""


def request_body(name: str) -> bytes:
    raw = recording(name)["request"]["body"] or ""
    if differs(name, "prompt"):
        body = json.loads(raw)
        if "messages" in body:
            body["messages"] = [{"role": "user", "content": LOOPS}, {"role": "assistant", "content": LOOPS}]
        else:
            body |= {"prompt": LOOPS, "raw": True}
        raw = json.dumps(body)
    return str(raw).encode()


def replay(api: httpx.Client, name: str, *, timeout_s: float = 120, seed: int | None = None) -> httpx.Response:
    request = recording(name)["request"]
    body = request_body(name)
    body = body if seed is None else with_seed(body, seed)
    sent = {k: v for k, v in request["headers"].items() if k in ("Origin", "Content-Type")}
    if "evil" in request["headers"].get("Host", ""):
        sent["Host"] = request["headers"]["Host"]
    return api.request(request["method"], request["path"], content=body, headers=sent, timeout=timeout_s)


def is_sampled(name: str) -> bool:
    """Tell whether a recorded answer was drawn by chance, and went on to `num_predict`."""
    temperature = re.search(r'"temperature": ?(-?[0-9.]+)', recording(name)["request"]["body"] or "")
    goes_on = '"done_reason":"length"' in recorded_text(name)
    return goes_on and (temperature is None or float(temperature[1]) > 0)


def with_seed(body: bytes, seed: int) -> bytes:
    text = re.sub(r', ?"seed": ?-?[0-9]+', "", body.decode())
    return re.sub(r'"options": ?{', rf'\g<0>"seed": {seed}, ', text).encode()


def replay_sampled(api: httpx.Client, name: str) -> httpx.Response:
    """Replay, again with other seeds as long as what was drawn ends early or has no text."""
    line_count = min(2, len(as_json(recorded_text(name)) or []))
    answer = replay(api, name)
    for seed in range(1, TRIES):
        lines = as_json(answer.text) or []
        if len(lines) >= line_count and lines[-1].get("done_reason") == "length":
            break
        answer = replay(api, name, seed=seed)
    return answer


def recorded_text(name: str) -> str:
    response = recording(name)["response"]
    return "".join(f"{line['raw']}\n" for line in response["lines"]) if response.get("lines") else response["body"]


def shape(value: Any) -> Any:
    """Fields and types; of a list, the shape of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def as_json(text: str) -> list[Any] | None:
    try:
        return [json.loads(line) for line in text.splitlines()] or None
    except ValueError:
        return None


def assert_same_head(name: str, answer: httpx.Response) -> None:
    response = recording(name)["response"]
    expected = {key.lower(): value for key, value in response["headers"]}
    assert answer.status_code == response["status"], answer.text
    for header in ("content-type", "allow", "access-control-allow-origin", "vary"):
        if differs(name, header):
            continue
        assert answer.headers.get(header) == expected.get(header), header


def assert_same_line(name: str, expected: dict[str, Any], got: dict[str, Any]) -> None:
    got = dict(got)
    if "prompt_eval_cached_count" in got and "prompt_eval_cached_count" not in expected:
        assert differs(name, "prompt_eval_cached_count")
        got.pop("prompt_eval_cached_count")
    assert shape(got) == shape(expected)
    skipped = {what for what in ("done_reason",) if differs(name, what)}
    for field in {"model", "done", "done_reason", "prompt_eval_count"} - skipped:
        if not (field == "prompt_eval_count" and differs(name, "prompt")):
            assert got.get(field) == expected.get(field), field
    if got.get("done_reason") == expected.get("done_reason") == "length":
        assert got["eval_count"] == expected["eval_count"]
    if "context" in expected:
        prompt = expected["prompt_eval_count"] - 1  # without the token that begins the sequence
        if len(expected["context"]) - prompt <= expected["eval_count"]:  # else the prompt was cut
            assert got["context"][:prompt] == expected["context"][:prompt]


@pytest.mark.parametrize(
    "name",
    [n for n in ALL if not matches(n, f"{NEVER_ENDING}, {IN_OWN_HOME}, {FROM_A_REGISTRY}, {LISTS}")],
)
def test_answers_as_the_recorded_server(name: str, api: httpx.Client) -> None:
    for patterns, load in LOADED_BEFORE.items():
        if matches(name, patterns):
            api.post("/api/generate", json={"model": MODEL} | load).raise_for_status()
    if name.startswith("010-"):
        unload(api, MODEL)
    answer = replay_sampled(api, name) if is_sampled(name) else replay(api, name)
    assert_same_head(name, answer)
    expected, got = as_json(recorded_text(name)), as_json(answer.text)
    if expected is None:
        assert answer.text == recorded_text(name)
        return
    assert got is not None
    if "error" in expected[-1]:
        assert differs(name, "error") or got == expected
        assert [list(line) for line in got] == [list(line) for line in expected]
        return
    assert_same_line(name, expected[-1], got[-1])
    if len(expected) > 1:
        assert len(got) > 1
        for line in got[:-1]:
            assert shape(line) == shape(expected[0])


@pytest.mark.parametrize("name", [n for n in ALL if matches(n, "012-*, 021-*, 023-*, 111-*, 149-ps-*")])
def test_ps_says_what_was_loaded(name: str, api: httpx.Client) -> None:
    load = next(load for patterns, load in LOADED_BEFORE.items() if matches(name, patterns))
    api.post("/api/generate", json={"model": MODEL} | load).raise_for_status()
    [expected] = json.loads(recorded_text(name))["models"]
    [got] = replay(api, name).json()["models"]
    for field in ("name", "model", "details", "size_vram", "context_length"):
        assert got[field] == expected[field]


@pytest.mark.parametrize("name", [n for n in ALL if matches(n, NEVER_ENDING)])
def test_without_a_limit_generation_does_not_end(name: str, api: httpx.Client) -> None:
    assert recording(name)["client_closed_early"]
    api.post("/api/generate", json={"model": MODEL}).raise_for_status()
    # One that is sampled may draw its end all the same; a limit ends every try.
    assert any(gives_up(api, name, seed) for seed in (None, *range(1, TRIES)))


def gives_up(api: httpx.Client, name: str, seed: int | None) -> bool:
    try:
        replay(api, name, timeout_s=1.5, seed=seed)
    except httpx.ReadTimeout:
        return True
    return False


@pytest.mark.parametrize("name", ["003-show", "004-show-verbose-false", "159e-show-name-key"])
def test_show_reads_the_same_figures_from_the_file(name: str, api: httpx.Client) -> None:
    answer = replay(api, name)
    assert_same_head(name, answer)
    expected, got = json.loads(recorded_text(name)), answer.json()
    assert got["model_info"] == expected["model_info"]
    for field in ("format", "family", "families", "parameter_size", "quantization_level"):
        assert got["details"][field] == expected["details"][field]
    assert sorted(got["tensors"], key=str) == sorted(expected["tensors"], key=str)
    assert got["capabilities"] == expected["capabilities"]
    assert got["parameters"] == expected["parameters"]
    assert shape(got) == shape(expected)
    assert differs(name, "template")
    assert got["template"] == ""


def test_tags_lists_models_in_the_recorded_form(api: httpx.Client) -> None:
    answer = replay(api, "002-tags")
    assert_same_head("002-tags", answer)
    expected = {m["name"]: m for m in json.loads(recorded_text("002-tags"))["models"]}
    got = {m["name"]: m for m in answer.json()["models"]}
    assert shape(got[MODEL]) == shape(expected[MODEL])
    for field in ("parameter_size", "quantization_level", "context_length", "embedding_length"):
        assert got[MODEL]["details"][field] == expected[MODEL]["details"][field]


def test_pull_and_delete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BENCH_HOME", str(tmp_path))
    with EmbeddedServer() as server, httpx.Client(base_url=server.url, timeout=120) as api:
        missing = api.post("/api/generate", json={"model": MODEL, "prompt": "x"})
        assert (missing.status_code, missing.json()) == (404, {"error": f"model '{MODEL}' not found"})
        assert api.get("/api/tags").json() == {"models": []}
        for name in ("206-pull-throttled-stream", "207-pull-again-up-to-date"):
            assert_pulled_as_recorded(api, name)
        assert MODEL in [m["name"] for m in api.get("/api/tags").json()["models"]]
        deleted = api.request("DELETE", "/api/delete", json={"model": MODEL})
        assert_same_head("220-delete-ok", deleted)
        assert deleted.text == recorded_text("220-delete-ok")
        assert api.post("/api/show", json={"model": MODEL}).status_code == 404


@pytest.mark.parametrize("name", [n for n in ALL if matches(n, FROM_A_REGISTRY)])
def test_a_pull_from_a_registry_is_a_501(name: str, api: httpx.Client) -> None:
    assert "file does not exist" in recorded_text(name)
    assert differs(name, "status")
    answer = replay(api, name)
    assert answer.status_code == 501
    assert answer.json()["error"].startswith("the embedded engine does not support pulls from a registry; 127.0.0.1:")
    assert f"not found among {MODEL}, " in answer.json()["error"]


def assert_pulled_as_recorded(api: httpx.Client, name: str) -> None:
    answer = api.post("/api/pull", json={"model": MODEL})
    assert_same_head(name, answer)
    expected, got = as_json(recorded_text(name)), as_json(answer.text)
    assert expected is not None
    assert got is not None
    first = expected[1]["digest"]
    recorded = [line for line in expected if line.get("digest", first) == first]
    assert {json.dumps(shape(line)) for line in got} == {json.dumps(shape(line)) for line in recorded}
    assert list(dict.fromkeys(line["status"] for line in got)) == list(
        dict.fromkeys(line["status"] for line in recorded)
    )
    layer = [line for line in got if "digest" in line]
    assert layer[-1] == {**recorded[1], "completed": recorded[1]["total"]}
    assert [line["completed"] for line in layer] == sorted(line["completed"] for line in layer)


def test_every_recording_is_replayed_or_out_of_scope() -> None:
    out_of_scope = {name for name in RECORDED if any(matches(name, patterns) for patterns in OUT_OF_SCOPE)}
    assert set(RECORDED) - out_of_scope == set(ALL)
    for pattern in ", ".join(OUT_OF_SCOPE).split(", "):
        assert any(fnmatch(name, pattern) for name in RECORDED), pattern
    for patterns in [*BY_DESIGN, *LOADED_BEFORE, NEVER_ENDING, IN_OWN_HOME, LISTS, FROM_A_REGISTRY]:
        for pattern in patterns.split(", "):
            assert any(fnmatch(name, pattern) for name in ALL), pattern


def test_a_model_is_gone_from_ps_after_an_unload(api: httpx.Client) -> None:
    api.post("/api/generate", json={"model": MODEL}).raise_for_status()
    assert loaded_models(api) == [MODEL]
    assert replay(api, "016-unload-empty-prompt-keepalive-0").json()["done_reason"] == "unload"
    until(lambda: loaded_models(api) == [])
