import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.embedded.options import Options, parse_options
from ollama_bench.embedded.request import (
    ChatRequest,
    GenerateRequest,
    parse_body,
    parse_format,
    parse_go_duration,
    parse_keep_alive,
    parse_think,
)
from ollama_bench.embedded.wire import FOREVER_S, ApiError, encode, timestamp


def test_null_means_absent() -> None:
    request = parse_body(GenerateRequest, "GenerateRequest", b'{"model": "m", "prompt": null, "stream": null}')
    assert (request.prompt, request.stream) == ("", True)


def test_names_of_fields_are_compared_without_case_and_those_of_options_are_not() -> None:
    body = b'{"Model": "m", "STREAM": false, "options": {"SEED": 1}, "messages": [{"Role": "user"}]}'
    request = parse_body(ChatRequest, "ChatRequest", body)
    assert (request.model, request.stream, request.messages[0].role) == ("m", False, "user")
    assert parse_options(request.options, []).seed == Options.seed


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b" \n", "missing request body"),
        (b'{"model": "x', "unexpected EOF"),
        (b'{"model": ', "unexpected EOF"),
        (b"[]", "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        (
            b'{"messages": {}}',
            "json: cannot unmarshal object into Go struct field ChatRequest.messages of type []api.Message",
        ),
        (
            b'{"messages": [{"role": "user", "content": 5}]}',
            "json: cannot unmarshal number into Go struct field ChatRequest.messages.content of type string",
        ),
        (
            b'{"messages": ["x"]}',
            "json: cannot unmarshal string into Go struct field ChatRequest.messages of type api.Message",
        ),
        (
            b'{"tools": {}}',
            "json: cannot unmarshal object into Go struct field ChatRequest.tools of type api.Tools",
        ),
        (b'{"options": {"temperature": NaN}}', "invalid character 'N' looking for beginning of value"),
        (b'{"stream": -Infinity}', "invalid character 'I' looking for beginning of value"),
        (b"{'model': 'x'}", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"model": "x", }', "invalid character '}' looking for beginning of object key string"),
        (b'{"model" "x"}', "invalid character '\"' after object key"),
        (b'{"model": "\n"}', "invalid character '\\n' in string literal"),
        (b"[" * 100_000, "exceeded max depth"),
    ],
)
def test_bad_bodies_get_the_messages_of_go(body: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_body(ChatRequest, "ChatRequest", body)
    assert caught.value.status == 400
    assert caught.value.message.startswith(message)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_an_api_error(body: bytes) -> None:
    with suppress(ApiError):
        parse_body(GenerateRequest, "GenerateRequest", body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_in_any_field_is_a_request_or_an_api_error(value: object) -> None:
    for field in ("model", "prompt", "options", "stream", "context", "messages", "keep_alive", "think", "format"):
        for kind, name in ((GenerateRequest, "GenerateRequest"), (ChatRequest, "ChatRequest")):
            with suppress(ApiError):
                request = parse_body(kind, name, json.dumps({field: value}).encode())
                parse_keep_alive(request.keep_alive)
                parse_think(request.think)
                parse_format(request.format)
                parse_options(request.options, [])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        (10, 10.0),
        (0, 0.0),
        (-1, FOREVER_S),
        ("30m", 1800.0),
        ("1h30m", 5400.0),
        ("1.5s", 1.5),
        ("-1s", FOREVER_S),
        ("0", 0.0),
    ],
)
def test_keep_alive(value: object, seconds: float | None) -> None:
    assert parse_keep_alive(value) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("soon", 'time: invalid duration "soon"'),
        ("", 'time: invalid duration ""'),
        ("5", 'time: missing unit in duration "5"'),
        ("5 m", 'time: invalid duration "5 m"'),
        ("1" * 200_000 + "x", f'time: invalid duration "{"1" * 200}"'),
        ("1s" * 200_000, f'time: invalid duration "{"1s" * 100}"'),
    ],
)
def test_bad_durations(text: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_go_duration(text)
    assert caught.value.message == message


def test_a_request_s_stop_replaces_the_model_s_own() -> None:
    assert parse_options({}, ["<end>"]).stop == ["<end>"]
    assert parse_options({"stop": ["e"]}, ["<end>"]).stop == ["e"]


def test_unknown_options_and_nulls_are_ignored() -> None:
    assert parse_options({"nosuch": 1, "num_predict": None}, []) == Options()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": "1"}, 'option "seed" must be of type integer'),
        ({"top_p": True}, 'option "top_p" must be of type float32'),
        ({"use_mmap": 1}, 'option "use_mmap" must be of type boolean'),
        ({"stop": "x"}, 'option "stop" must be of type array'),
        ({"stop": [1]}, 'option "stop" must be of an array of strings'),
        ({"num_ctx": float("inf")}, 'option "num_ctx" must be of type integer'),
    ],
)
def test_options_of_the_wrong_type(options: dict[str, object], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_options(options, [])
    assert (caught.value.status, caught.value.message) == (500, message)


def test_timestamps_cut_trailing_zeros() -> None:
    assert timestamp(1_795_420_942_054_246_900) == "2026-11-23T08:02:22.0542469Z"
    assert timestamp(1_795_420_942_000_000_000) == "2026-11-23T08:02:22Z"


def test_json_survives_lone_surrogates() -> None:
    assert json.loads(encode({"response": "a\ud800b"})) == {"response": "a?b"}
