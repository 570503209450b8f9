"""A bounded reader of GGUF headers: metadata and tensor shapes, never the weights.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
The file is input like any other: every count and length is checked against limits and the file's own size.
"""

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

MAX_HEADER_BYTES = 256 << 20
MAX_ENTRIES = 100_000
MAX_ITEMS = 8_000_000
"""Of all arrays together: a vocabulary of 262 144 tokens has about 1.3 million."""
MAX_NAME_BYTES = 65_535
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
    19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL",
    26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16",
    36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
}  # fmt: skip
"""`general.file_type` -> the quantisation's name (llama.cpp's `llama_ftype`)."""

TENSOR_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K",
    11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32",
    27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip


Stamp = tuple[int, int, int]
"""What tells a file from one that took its place: size in bytes, time of change in ns, inode."""


class GgufError(ValueError):
    """The file is not a GGUF that can be read; the message says where it breaks."""


@dataclass(frozen=True)
class Tensor:
    """One tensor's entry: its type by ggml's name and its shape, innermost dimension first."""

    name: str
    type: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class GgufHeader:
    """What the header of a model says. Arrays of `metadata` are None unless they were asked for."""

    metadata: Mapping[str, Any]
    tensors: tuple[Tensor, ...]
    vocabulary_size: int = 0
    """How many tokens the file lists, 0 when it lists none."""
    stamp: Stamp = (0, 0, 0)
    """Of the file that was read; set by `read_gguf`."""

    @property
    def architecture(self) -> str:
        """`general.architecture`, such as "gemma3"; "unknown" when the file does not say."""
        return str(self.metadata.get("general.architecture", "unknown"))

    @property
    def parameter_count(self) -> int:
        """`general.parameter_count`, else the sum of all tensors' elements."""
        stated = self.metadata.get("general.parameter_count")
        return stated if isinstance(stated, int) else sum(math.prod(t.shape) for t in self.tensors)

    @property
    def quantization(self) -> str:
        """The name of `general.file_type`, "unknown" when it is absent or new."""
        return FILE_TYPES.get(self.metadata.get("general.file_type", -1), "unknown")

    @property
    def chat_template(self) -> str:
        """The model's own Jinja chat template, "" for a base model."""
        template = self.metadata.get("tokenizer.chat_template", "")
        return template if isinstance(template, str) else ""

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer puts a begin-of-sequence token before each prompt."""
        return self.metadata.get("tokenizer.ggml.add_bos_token") is True

    @property
    def is_embedding(self) -> bool:
        """Whether the model makes vectors and no text: Ollama tells it by `<architecture>.pooling_type` being there."""
        return f"{self.architecture}.pooling_type" in self.metadata

    def number(self, name: str) -> int:
        """Return `<architecture>.<name>` (such as context_length), 0 when absent."""
        value = self.metadata.get(f"{self.architecture}.{name}", 0)
        return value if isinstance(value, int) else 0


def read_gguf(path: Path) -> GgufHeader:
    """Read the header of `path`, without arrays, from a cache while the file is unchanged.

    Raises OSError and GgufError.
    """
    return _cached(path, file_stamp(path))


@lru_cache(maxsize=64)
def _cached(path: Path, stamp: Stamp) -> GgufHeader:
    return replace(read_whole_header(path, arrays=False), stamp=stamp)


def file_stamp(path: Path) -> Stamp:
    """Return the stamp of the file that is at `path` now. Raises OSError."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns, state.st_ino


def read_whole_header(path: Path, *, arrays: bool) -> GgufHeader:
    """Read the header of `path`; with `arrays`, the vocabulary too. Raises OSError and GgufError."""
    with path.open("rb") as file:
        return _Reader(file, arrays=arrays).header()


class _Reader:
    def __init__(self, file: BinaryIO, *, arrays: bool) -> None:
        self.file = file
        self.arrays = arrays
        self.length = 0  # of the array read last
        self.items = 0  # of all arrays so far
        self.limit = min(os.fstat(file.fileno()).st_size, MAX_HEADER_BYTES)

    def header(self) -> GgufHeader:
        if self.take(4) != b"GGUF":
            raise GgufError("not a GGUF file: it does not begin with 'GGUF'")
        version = self.scalar("I")
        if version not in (2, 3):
            raise GgufError(f"GGUF version {version} is not supported (2 and 3 are)")
        tensor_count, entry_count = self.scalar("Q"), self.scalar("Q")
        if max(tensor_count, entry_count) > MAX_ENTRIES:
            raise GgufError(f"{max(tensor_count, entry_count)} entries are more than the {MAX_ENTRIES} allowed")
        metadata, vocabulary_size = {}, 0
        for _ in range(entry_count):
            key = self.text(MAX_NAME_BYTES)
            metadata[key] = self.value(self.scalar("I"))
            if key == "tokenizer.ggml.tokens":
                vocabulary_size = self.length
        return GgufHeader(metadata, tuple(self.tensor() for _ in range(tensor_count)), vocabulary_size)

    def tensor(self) -> Tensor:
        name = self.text(MAX_NAME_BYTES)
        dimensions = self.scalar("I")
        if dimensions > 8:
            raise GgufError(f"tensor {name!r} has {dimensions} dimensions")
        shape = struct.unpack(f"<{dimensions}Q", self.take(8 * dimensions))
        type_id, _offset = self.scalar("I"), self.scalar("Q")
        return Tensor(name, TENSOR_TYPES.get(type_id, f"type {type_id}"), shape)

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.text(self.limit)
        if kind == _ARRAY:
            return self.array()
        if kind not in _SCALARS:
            raise GgufError(f"unknown value type {kind} at byte {self.file.tell()}")
        value = self.scalar(_SCALARS[kind])
        return _shortest(value) if _SCALARS[kind] == "f" else value

    def array(self) -> list[Any] | None:
        kind, count = self.scalar("I"), self.scalar("Q")
        self.length = count
        self.items += count
        if self.items > MAX_ITEMS:
            raise GgufError(f"arrays of {self.items} items are more than the {MAX_ITEMS} allowed")
        if kind == _STRING:
            return self.strings(count)
        if kind not in _SCALARS:
            raise GgufError(f"unknown array type {kind} at byte {self.file.tell()}")
        size = struct.calcsize(_SCALARS[kind])
        if self.arrays:
            return list(struct.unpack(f"<{count}{_SCALARS[kind]}", self.take(count * size)))
        self.skip(count * size)
        return None

    def strings(self, count: int) -> list[str] | None:
        if count * 8 > self.limit:
            raise GgufError(f"an array of {count} strings does not fit into the file")
        if self.arrays:
            return [self.take(self.scalar("Q")).decode("utf-8", "replace") for _ in range(count)]
        for _ in range(count):
            self.skip(self.scalar("Q"))
        return None

    def text(self, longest: int) -> str:
        length = self.scalar("Q")
        if length > longest:
            raise GgufError(f"a text of {length} bytes at byte {self.file.tell()} is too long")
        return self.take(length).decode("utf-8", "replace")

    def scalar(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def take(self, count: int) -> bytes:
        self.need(count)
        return self.file.read(count)

    def skip(self, count: int) -> None:
        self.need(count)
        self.file.seek(count, os.SEEK_CUR)

    def need(self, count: int) -> None:
        # The limit is checked before the read: a lying length must not allocate memory.
        if self.file.tell() + count > self.limit:
            raise GgufError(f"the header ends early: {count} bytes wanted at byte {self.file.tell()}")


def _shortest(value: float) -> float | int:
    """Return the shortest decimal that is the same 32-bit float, as an int where it is whole: 1e-06, 1000000."""
    if not math.isfinite(value):
        return value
    for digits in range(6, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == struct.pack("<f", value):
            break
    return int(short) if short.is_integer() else short
