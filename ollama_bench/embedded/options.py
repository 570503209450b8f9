"""The `options` object of a request: names, types and defaults of Ollama 0.33."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from ollama_bench.embedded.wire import ApiError

MIN_NUM_CTX = 4


@dataclass(frozen=True)
class Options:
    """Options as Ollama names them; counts are tokens, -1 and 0 of `num_predict` mean no limit."""

    num_ctx: int = 4096
    num_batch: int = 512
    num_thread: int = 0
    num_gpu: int = -1
    main_gpu: int = 0
    use_mmap: bool = False

    num_predict: int = -1
    num_keep: int = 4
    seed: int = -1
    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.0
    typical_p: float = 1.0
    repeat_last_n: int = 64
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    stop: list[str] = field(default_factory=list)


_TYPES = {f.name: f.type for f in fields(Options)}


def parse_options(raw: dict[str, Any], stop: list[str]) -> Options:
    """Check `raw` as Ollama does: unknown names and nulls are ignored, a wrong type is a 500.

    `stop` is the model's own list; a request's list replaces it. Raises ApiError.
    """
    known = {name: _typed(name, value) for name, value in raw.items() if name in _TYPES and value is not None}
    options = Options(**({"stop": stop} | known))
    return options if options.num_ctx >= MIN_NUM_CTX else Options(**(vars(options) | {"num_ctx": MIN_NUM_CTX}))


def _typed(name: str, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    match _TYPES[name]:
        case t if t is int:
            if not is_number:
                raise ApiError(500, f'option "{name}" must be of type integer')
            # What llama.cpp takes, so that a larger number does not come out as a negative one.
            limit = 2**63 - 1 if name == "seed" else 2**31 - 1
            return max(-limit, min(int(value), limit))
        case t if t is float:
            if not is_number:
                raise ApiError(500, f'option "{name}" must be of type float32')
            return float(value)
        case t if t is bool:
            if not isinstance(value, bool):
                raise ApiError(500, f'option "{name}" must be of type boolean')
            return value
    if not isinstance(value, list):
        raise ApiError(500, f'option "{name}" must be of type array')
    if not all(isinstance(item, str) for item in value):
        raise ApiError(500, f'option "{name}" must be of an array of strings')
    return value
