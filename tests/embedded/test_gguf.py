import struct
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.embedded import gguf
from ollama_bench.embedded.gguf import GgufError, read_gguf, read_whole_header
from tests.embedded.tiny_gguf import CONTEXT, WIDTH, write_tiny_gguf


def test_reads_what_the_header_says(tmp_path: Path) -> None:
    header = read_gguf(write_tiny_gguf(tmp_path / "m.gguf", chat_template="{{ messages }}"))
    assert header.architecture == "llama"
    assert header.number("context_length") == CONTEXT
    assert header.number("embedding_length") == WIDTH
    assert header.quantization == "F32"
    assert header.chat_template == "{{ messages }}"
    assert header.adds_bos
    assert header.metadata["llama.attention.layer_norm_rms_epsilon"] == 1e-5


def test_counts_parameters_from_shapes_unless_the_file_states_them(tmp_path: Path) -> None:
    header = read_gguf(write_tiny_gguf(tmp_path / "counted.gguf"))
    assert header.parameter_count == sum(t.shape[0] * (t.shape[1] if len(t.shape) > 1 else 1) for t in header.tensors)
    stated = write_tiny_gguf(tmp_path / "stated.gguf", metadata={"general.parameter_count": 7})
    assert read_gguf(stated).parameter_count == 7


def test_arrays_are_read_only_when_asked_for(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")
    assert read_gguf(path).metadata["tokenizer.ggml.tokens"] is None
    whole = read_whole_header(path, arrays=True).metadata
    assert whole["tokenizer.ggml.tokens"][:3] == ["<unk>", "<s>", "</s>"]
    assert whole["tokenizer.ggml.token_type"][:3] == [2, 3, 3]


@pytest.mark.parametrize("item", ["word" * 10, 7])
def test_arrays_that_are_not_asked_for_take_no_memory(item: str | int, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", metadata={"x": [item] * 200_000})
    tracemalloc.start()
    try:
        read_gguf(path)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 500_000


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf")
    assert read_gguf(path).chat_template == ""
    write_tiny_gguf(path, chat_template="new")
    assert read_gguf(path).chat_template == "new"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends early"),
        (b"PK\x03\x04 a zip", "not a GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**63, 0), "more than"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**60), "too long"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIQ", 1, b"k", 8, 2**50), "too long"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sI", 1, b"k", 99), "unknown value type 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"k", 9, 8, 2**40), "more than"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"k", 9, 8, 2**20), "does not fit"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"k", 9, 4, 2**20), "ends early"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"k", 9, 4, 2**40), "more than"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sI", 1, b"t", 4_000_000_000), "dimensions"),
    ],
)
def test_hostile_headers_are_clear_errors(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(data)
    with pytest.raises(GgufError, match=words):
        read_gguf(path)


@given(data=st.data())
def test_no_damage_to_a_header_is_more_than_an_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = write_tiny_gguf(tmp_path_factory.getbasetemp() / "whole.gguf").read_bytes()[:4096]
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for position in data.draw(st.lists(st.integers(0, max(0, len(damaged) - 1)), max_size=8)):
        if damaged:
            damaged[position] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.gguf"
    path.write_bytes(damaged)
    with suppress(GgufError):
        read_whole_header(path, arrays=True)


@pytest.mark.parametrize(("raw", "shown"), [(1e-6, "1e-06"), (1_000_000.0, "1000000"), (0.1, "0.1"), (2.5, "2.5")])
def test_floats_of_32_bits_are_shown_as_they_were_written(raw: float, shown: str) -> None:
    as_stored = struct.unpack("<f", struct.pack("<f", raw))[0]
    assert str(gguf._shortest(as_stored)) == shown
