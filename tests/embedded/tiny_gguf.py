"""Writes a real GGUF that llama.cpp loads in milliseconds: one layer of random weights over a vocabulary of bytes.

Its text is noise; what it shows is the machinery: templates, capabilities, loading and unloading.
"""

import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDTH, HEADS, HIDDEN, CONTEXT = 32, 4, 64, 512
END = 2
_UINT32, _FLOAT32, _BOOL, _STRING, _ARRAY, _INT32 = 4, 6, 7, 8, 9, 5
WORDS = [f"▁{a}{b}" for a in "bdfgklmnprst" for b in "aeiou"]


def write_tiny_gguf(
    path: Path,
    *,
    chat_template: str | None = None,
    metadata: dict[str, Any] | None = None,
    script: Sequence[str] = (),
    ends: bool = True,
) -> Path:
    """Write the model to `path`; `metadata` adds to or replaces entries of its header.

    At temperature 0 a model with a `script` says it token by token, and ends; the script begins after any token
    that is not of it. One that does not end says it over and over.
    """
    tokens = [
        "<unk>",
        "<s>",
        "</s>" if ends else "<again>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        *WORDS,
        *script,
    ]
    kinds = [2, 3, 3, *[6] * 256, *[1] * (len(WORDS) + len(script))]
    entries: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "general.file_type": 0,
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": HIDDEN,
        "llama.attention.head_count": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [float(-index) for index in range(len(tokens))],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": END if ends else 1,
        "tokenizer.ggml.add_bos_token": True,
    }
    if chat_template is not None:
        entries["tokenizer.chat_template"] = chat_template
    entries |= metadata or {}
    tensors = _tensors(len(tokens))
    if script:
        _write_script(tensors, len(tokens) - len(script), len(script))
    path.write_bytes(_encode(entries, tensors))
    return path


def _write_script(tensors: dict[str, tuple[tuple[int, ...], list[float]]], first: int, length: int) -> None:
    """Make each token's embedding a step of the script, and of each step the output the next token."""
    for name in ("blk.0.attn_output.weight", "blk.0.ffn_down.weight", "token_embd.weight", "output.weight"):
        tensors[name][1][:] = [0.0] * len(tensors[name][1])
    embedding, output = tensors["token_embd.weight"][1], tensors["output.weight"][1]
    for token in range(first + length):
        embedding[token * WIDTH + max(0, token - first + 1)] = 1.0
    for step, token in enumerate([*range(first, first + length), END]):
        output[token * WIDTH + step] = 1.0


def _tensors(vocabulary: int) -> dict[str, tuple[tuple[int, ...], list[float]]]:
    noise = random.Random(1)
    shapes = {
        "token_embd.weight": (WIDTH, vocabulary),
        "output.weight": (WIDTH, vocabulary),
        "output_norm.weight": (WIDTH,),
        "blk.0.attn_norm.weight": (WIDTH,),
        "blk.0.ffn_norm.weight": (WIDTH,),
        "blk.0.attn_q.weight": (WIDTH, WIDTH),
        "blk.0.attn_k.weight": (WIDTH, WIDTH),
        "blk.0.attn_v.weight": (WIDTH, WIDTH),
        "blk.0.attn_output.weight": (WIDTH, WIDTH),
        "blk.0.ffn_gate.weight": (WIDTH, HIDDEN),
        "blk.0.ffn_up.weight": (WIDTH, HIDDEN),
        "blk.0.ffn_down.weight": (HIDDEN, WIDTH),
    }
    tensors = {}
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        tensors[name] = (shape, [1.0] * count if "norm" in name else [noise.gauss(0, 0.7) for _ in range(count)])
    return tensors


def _encode(entries: dict[str, Any], tensors: dict[str, tuple[tuple[int, ...], list[float]]]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    head += b"".join(_text(key) + _value(value) for key, value in entries.items())
    data = b""
    for name, (shape, numbers) in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", 0, len(data))
        data += _padded(struct.pack(f"<{len(numbers)}f", *numbers))
    return _padded(head) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 32)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Any) -> bytes:
    if isinstance(value, list):
        kind, items = _typed(value[0])[0], b"".join(_typed(item)[1] for item in value)
        kind = _INT32 if kind == _UINT32 else kind
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + items
    kind, raw = _typed(value)
    return struct.pack("<I", kind) + raw


def _typed(value: Any) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return _BOOL, struct.pack("<?", value)
    if isinstance(value, int):
        return (_UINT32, struct.pack("<I", value)) if value >= 0 else (_INT32, struct.pack("<i", value))
    if isinstance(value, float):
        return _FLOAT32, struct.pack("<f", value)
    return _STRING, _text(value)
