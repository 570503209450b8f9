"""Bodies of requests -> typed values, with the status codes and messages that Ollama gives.

Ollama is written in Go and hands out the messages of Go's JSON decoder; clients have come to read them,
so they are kept word for word.
"""

import json
import math
import re
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ollama_bench.embedded.wire import FOREVER_S, ApiError, Json

THINK_LEVELS = ("high", "medium", "low", "max")
_UNIT_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
MAX_DURATION_CHARACTERS = 200
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _as_go_decodes(cls, data: Any) -> Any:
        """Null means absent, and the names of fields are compared without case."""
        if not isinstance(data, dict):
            return data
        return {k.lower(): v for k, v in data.items() if v is not None and k.lower() in cls._names()}

    @classmethod
    def _names(cls) -> set[str]:
        return {field.alias or name for name, field in cls.model_fields.items()}


class Message(_Body):
    """One message of a chat."""

    role: str = ""
    content: str = ""
    thinking: str = ""
    images: list[str] = []
    tool_calls: list[Any] = []
    tool_name: str = ""
    tool_call_id: str = ""


class _ModelRequest(_Body):
    model: str = ""
    stream: bool = True
    format: Any = None
    keep_alive: Any = None
    options: dict[str, Any] = {}
    think: Any = None
    truncate: bool = True
    shift: bool = True
    logprobs: bool = False
    top_logprobs: int = 0
    debug_render_only: bool = Field(default=False, alias="_debug_render_only")


class GenerateRequest(_ModelRequest):
    """The body of POST /api/generate."""

    prompt: str = ""
    suffix: str = ""
    system: str = ""
    template: str = ""
    context: list[int] | None = None
    raw: bool = False
    images: list[str] = []
    width: int = 0
    height: int = 0
    steps: int = 0


class ChatRequest(_ModelRequest):
    """The body of POST /api/chat."""

    messages: list[Message] = []
    tools: list[Any] = []


class NameRequest(_Body):
    """The body of DELETE /api/delete; `name` is the deprecated spelling of `model`."""

    model: str = ""
    name: str = ""

    @property
    def target(self) -> str:
        """The name under whichever key it came."""
        return self.model or self.name


class ShowRequest(NameRequest):
    """The body of POST /api/show."""

    verbose: bool = False
    system: str = ""
    template: str = ""
    options: dict[str, Any] = {}


class PullRequest(NameRequest):
    """The body of POST /api/pull. Ollama ignores `username` and `password`; nothing here could be `insecure`."""

    stream: bool = True
    insecure: bool = False
    username: str = ""
    password: str = ""


_Request = TypeVar("_Request", bound=_Body)


def parse_body(kind: type[_Request], go_name: str, body: bytes) -> _Request:
    """Decode `body` into `kind`; `go_name` is Ollama's name of that type, for its messages. Raises ApiError 400."""
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise ApiError(400, "missing request body")
    try:
        # What follows the first value is ignored, as Go's decoder does.
        value, _ = _DECODER.raw_decode(text)
        if _SURROGATE_ESCAPE.search(text):
            value = _without_surrogates(value)
    except RecursionError:
        raise ApiError(400, "exceeded max depth") from None
    except ValueError as error:
        raise ApiError(400, _syntax_message(text, error)) from None
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise ApiError(400, f"json: cannot unmarshal {_go_kind(value)} into Go value of type api.{go_name}")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ApiError(400, _type_message(kind, go_name, error)) from None


def _reject_constant(name: str) -> float:
    raise ValueError(name)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ApiError(400, f"json: cannot unmarshal number {text} into Go value of type float64")
    return number


def _int(text: str) -> int:
    _float(text)  # more digits than a float64 holds: refused before they cost anything
    return int(text)


_DECODER = json.JSONDecoder(parse_constant=_reject_constant, parse_float=_float, parse_int=_int)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def _without_surrogates(value: Any) -> Any:
    """Replace what is half a character by U+FFFD, as Go's decoder does; it could not be sent on."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _syntax_message(text: str, error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):  # NaN or Infinity
        return f"invalid character {_go_quoted(str(error).lstrip('-')[0])} looking for beginning of value"
    rest = text[error.pos :].lstrip()
    # Python reports an unfinished string at its opening quote.
    if not rest or error.msg.startswith("Unterminated"):
        return "unexpected EOF"
    context = next((go for python, go in _GO_CONTEXTS.items() if error.msg.startswith(python)), _AT_VALUE)
    character = text[error.pos] if context.startswith("in ") else rest[0]
    return f"invalid character {_go_quoted(character)} {context}"


_AT_VALUE = "looking for beginning of value"
_GO_CONTEXTS = {
    "Expecting property name": "looking for beginning of object key string",
    "Illegal trailing comma": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Invalid control character": "in string literal",
}
"""What Go says of a place, by the beginning of Python's message for it."""


def _go_quoted(character: str) -> str:
    return "'\\''" if character == "'" else "'\"'" if character == '"' else repr(character)


def _type_message(kind: type[BaseModel], go_name: str, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    names = [str(part) for part in first["loc"] if isinstance(part, str)]
    in_message = len(names) > 1 and names[0] == "messages"
    owner, name = (Message, names[1]) if in_message else (kind, names[0])
    expected = _go_type(owner.model_fields[name].annotation, name) if name in owner.model_fields else "string"
    if isinstance(first["loc"][-1], int):  # an item of a list
        expected = expected.removeprefix("[]")
    where = ".".join([go_name, *names[:2]])
    return f"json: cannot unmarshal {_go_kind(first['input'])} into Go struct field {where} of type {expected}"


def _go_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _go_type(annotation: Any, name: str) -> str:
    if name in _GO_TYPES:
        return _GO_TYPES[name]
    if annotation in (bool, int):
        return str(annotation.__name__)
    if annotation is str:
        return "string"
    if get_origin(annotation) is dict:
        return "map[string]interface {}"
    return "interface {}"


_GO_TYPES = {
    "messages": "[]api.Message",
    "context": "[]int",
    "images": "[]api.ImageData",
    "tools": "api.Tools",
    "tool_calls": "[]api.ToolCall",
}


def parse_keep_alive(value: Any) -> float | None:
    """Return seconds (FOREVER_S for a negative value), or None for the server's default. Raises ApiError 400."""
    if value is None:
        return None
    if isinstance(value, str):
        seconds = parse_go_duration(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        kind = {"bool": "bool", "array": "[]interface {}"}.get(_go_kind(value), "map[string]interface {}")
        raise ApiError(400, f"Unsupported type: '{kind}'")
    return FOREVER_S if seconds < 0 else min(seconds, FOREVER_S)


def parse_go_duration(text: str) -> float:
    """Return the seconds of a Go duration such as "1h30m" or "-1s". Raises ApiError 400 with Go's message."""
    if len(text) > MAX_DURATION_CHARACTERS:
        raise ApiError(400, f"time: invalid duration {json.dumps(text[:MAX_DURATION_CHARACTERS])}")
    body = text[1:] if text[:1] in "+-" else text
    if body == "0":
        return 0.0
    if re.fullmatch(r"[0-9.]+", body) and re.search("[0-9]", body):
        raise ApiError(400, f"time: missing unit in duration {json.dumps(text)}")
    if not re.fullmatch(f"(?:{_DURATION.pattern})+", body):
        raise ApiError(400, f"time: invalid duration {json.dumps(text)}")
    seconds = sum(float(number) * _UNIT_S[unit] for number, unit in _DURATION.findall(body))
    if seconds > FOREVER_S:
        raise ApiError(400, f"time: invalid duration {json.dumps(text)}")
    return -seconds if text.startswith("-") else seconds


def parse_think(value: Any) -> bool | str | None:
    """Return `think` as a bool, a level, or None when absent. Raises ApiError 400."""
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ApiError(400, 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)')
    if value not in THINK_LEVELS:
        raise ApiError(
            400,
            f'invalid think value: {json.dumps(value)} (must be "high", "medium", "low", "max", true, or false)',
        )
    return value


def parse_format(value: Any) -> Json | None:
    """Return the JSON Schema that `format` asks for, or None. Raises ApiError 500."""
    if value is None or value == "":
        return None
    if value == "json":
        return {"type": "object"}
    if isinstance(value, dict):
        return value
    given = json.dumps(json.dumps(value))
    raise ApiError(500, f'invalid format: {given}; expected "json" or a valid JSON Schema object')
