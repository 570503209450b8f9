"""The reader of streamed answers: whatever bytes come, in whatever pieces."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.server.answer import MAX_LINE_BYTES, AnswerReader, BadAnswerError, error_words
from ollama_bench.trial import ErrorKind, ServerFigures, Stream
from tests.scripted_http import Json
from tests.scripted_server import final, words


def read(*lines: Json | bytes, max_lines: int = 100) -> Stream:
    """One chunk a line, a nanosecond apart."""
    reader = AnswerReader(max_lines)
    for at_ns, line in enumerate(lines, 1):
        reader.feed(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n", at_ns)
    reader.close(len(lines) + 1)
    return reader.stream()


BAD: dict[str, tuple[ErrorKind, list[Json | bytes]]] = {
    "an error line": ("error_line", [*words(2), {"error": "out of memory"}]),
    "an error that is an object": ("error_line", [{"error": {"message": "out of memory"}}]),
    "a broken line": ("bad_line", [*words(2), b'{"response": "cut\n']),
    "a JSON list": ("bad_line", [b"[1, 2]\n"]),
    "a JSON string": ("bad_line", [b'"text"\n']),
    "HTML": ("bad_line", [b"<!doctype html>\n<title>Sign in</title>\n"]),
    "bad UTF-8": ("bad_line", [b'{"response": "\xff\xfe"}\n']),
    "UTF-8 cut by a line": ("bad_line", [b'{"response": "\xc3\n\xa9"}\n']),
    "deep nesting": ("bad_line", [b'{"a":' * 100_000 + b"\n"]),
    "a number of a million digits": ("bad_line", [b'{"eval_count": ' + b"9" * 1_000_000 + b"}\n"]),
    "text that is a number": ("bad_line", [{"response": 7, "done": False}]),
    "thinking that is a list": ("bad_line", [{"response": "", "thinking": ["a"], "done": False}]),
    "no final object": ("no_done", words(2)),
    "an empty body": ("no_done", []),
    "done that is not true": ("no_done", [*words(2), {"response": "", "done": "true"}]),
    "zero tokens": ("no_text", [final(eval_count=0, eval_duration=None)]),
    "a stop token alone": ("no_text", [final(eval_count=1, eval_duration=1_000)]),
    "more lines than tokens": ("runaway", words(101)),
    "more empty lines than tokens": ("runaway", [{"response": "", "done": False}] * 101),
}


@pytest.mark.parametrize(("kind", "lines"), BAD.values(), ids=BAD)
def test_an_answer_that_cannot_be_used_says_how(kind: ErrorKind, lines: list[Json | bytes]) -> None:
    with pytest.raises(BadAnswerError) as bad:
        read(*lines)
    assert bad.value.error.kind == kind
    assert len(bad.value.error.message) < 700


def test_a_line_without_end_is_given_up_before_it_fills_the_memory() -> None:
    reader = AnswerReader(100)
    for _ in range(MAX_LINE_BYTES // 65536):
        reader.feed(b"x" * 65536, 1)
    with pytest.raises(BadAnswerError, match="longer than") as bad:
        reader.feed(b"x", 1)
    assert bad.value.error.kind == "bad_line"


def test_a_huge_line_that_ends_in_the_same_chunk_is_refused_too() -> None:
    line = b'{"response": "' + b"x" * MAX_LINE_BYTES + b'", "done": false}\n'
    with pytest.raises(BadAnswerError, match="longer than"):
        AnswerReader(100).feed(line, 1)


def test_the_figures_are_kept_as_they_were_sent() -> None:
    sent = final(eval_duration=-(2**63), eval_count=1, total_duration=None, prompt_eval_cached_count=5)
    assert read(*words(1), sent).server == ServerFigures(
        total_duration_ns=None,
        load_duration_ns=150_000_000,
        prompt_eval_count=3000,
        prompt_eval_cached_count=5,
        prompt_eval_duration_ns=3_000_000_000,
        eval_count=1,
        eval_duration_ns=-(2**63),
    )


@pytest.mark.parametrize("value", ["120000000", 1.5e9, True, [1], {"ns": 1}, None, 2**63, -(10**400)])
def test_a_figure_that_is_no_int64_counts_as_absent(value: object) -> None:
    stream = read(*words(1), final() | {"eval_duration": value, "eval_count": value})
    assert (stream.server.eval_duration_ns, stream.server.eval_count) == (None, None)


def test_thinking_counts_as_text_for_the_clock_and_is_kept_apart() -> None:
    thought = {"response": "", "thinking": "hm", "done": False}
    stream = read(thought, thought, *words(2), final())
    assert stream.chunk_ns == (1, 2, 3, 4)
    assert stream.first_answer_ns == 3
    assert (stream.thinking, stream.text) == ("hmhm", " word0 word1")


def test_empty_chunks_are_no_first_token_and_the_end_is_the_last_line() -> None:
    empty = {"response": "", "done": False}
    stream = read(empty, empty, *words(2), empty, final())
    assert stream.chunk_ns == (3, 4)
    assert stream.end_ns == 6


def test_what_comes_after_done_is_not_read() -> None:
    stream = read(*words(1), final(), {"response": "more", "done": False}, b"\xff{{{\n", {"error": "late"})
    assert stream.text == " word0"
    assert stream.end_ns == 2


def test_what_comes_after_done_in_the_same_chunk_is_not_read() -> None:
    chunk = json.dumps(final()).encode() + b'\n{"response": "more", "done": false}\n\xff\n'
    assert read(*words(1), chunk).text == " word0"


def test_a_last_line_without_its_newline_counts() -> None:
    assert read(*words(1), json.dumps(final()).encode()).done_reason == "stop"


@pytest.mark.parametrize("reason", [None, 7, ["stop"]])
def test_a_done_reason_may_be_missing(reason: object) -> None:
    assert read(*words(1), final(done_reason=reason)).done_reason is None


def test_surrogates_are_joined_or_replaced_so_that_the_document_can_be_saved() -> None:
    lines: list[Json | bytes] = [
        b'{"response": "\\ud83d"}\n',
        b'{"response": "\\ude00 \\udfff!"}\n',
        final(done_reason="\ud800"),
    ]
    stream = read(*lines)
    assert stream.text == "😀 �!"
    assert stream.done_reason == "�"
    stream.model_dump_json().encode("utf-8")


ANSWER = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in [{"response": "é😀"}, final()])


@given(st.sets(st.integers(1, len(ANSWER) - 1), max_size=20))
def test_where_the_chunks_are_cut_changes_nothing(cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    stream = read(*(ANSWER[start:stop] for start, stop in pairwise(edges)))
    assert (stream.text, len(stream.chunk_ns), stream.server.eval_count) == ("é😀", 1, 12)


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_no_bytes_at_all_raise_anything_else(chunks: list[bytes]) -> None:
    with pytest.raises(BadAnswerError):
        read(*chunks)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text("aé😀\ud800\x1b\n", max_size=5)
KEYS = st.sampled_from(["response", "thinking", "done", "done_reason", "error", "eval_count", "eval_duration"])


@given(st.lists(st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=2)), max_size=5))
def test_no_objects_at_all_raise_anything_else_and_the_result_can_be_saved(lines: list[Json]) -> None:
    try:
        stream = read(*lines)
    except BadAnswerError as bad:
        stream = Stream(error=bad.error)
    stream.model_dump_json().encode("utf-8")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": "busy"}', "busy"),
        (b'{"error": {"message": "busy"}}', "busy"),
        (b"<html>Bad Gateway</html>", "Bad Gateway"),
        (b"\xff\xfe", "�"),
        (b'{"error": "\\ud800"}', "�"),
        (b"", ""),
        (b"x" * 10_000, "x"),
    ],
)
def test_an_error_body_is_told_in_the_servers_words_and_short(body: bytes, words: str) -> None:
    told = error_words(body)
    assert words in told
    assert len(told) <= 500
    told.encode("utf-8")
