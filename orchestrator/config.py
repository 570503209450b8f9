"""YAML files read into pydantic models; a mistake is told with its file, line and key."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from orchestrator.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)

MAX_CONFIG_BYTES = 1_000_000
"""Far above any real file; keeps an alias bomb or a wrong path (a model file, say) from being read whole."""


_SAME_NAME = "same_name"
_SURROGATE = re.compile("[\ud800-\udfff]")


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read `path` and validate it as `model`.

    Raises ConfigurationError, one line a mistake: `FILE:LINE: key: what is wrong`.
    """
    return parse_yaml(read_text(path), model, str(path))


def refuse_same_names(names: Iterable[str], taken: Iterable[str] = ()) -> None:
    """For a model's validator: no two `names` may differ in case alone, nor be among those `taken` elsewhere."""
    seen = {name.casefold() for name in taken}
    for name in names:
        if name.casefold() in seen:
            raise PydanticCustomError(_SAME_NAME, "another scenario has that name: case does not count", {"key": name})
        seen.add(name.casefold())


def read_text(path: Path) -> str:
    """The UTF-8 text of a configuration file. Raises ConfigurationError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
        if len(data) > MAX_CONFIG_BYTES:
            raise ConfigurationError(f"{path}: larger than {MAX_CONFIG_BYTES} bytes: not a configuration file")
        return data.decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8 text (byte {error.start})") from error


def parse_yaml(text: str, model: type[Model], name: str) -> Model:
    """Validate YAML `text` as `model`; `name` is what error messages call it. Raises ConfigurationError."""
    root, value = _read_yaml(text, name)
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        problems = [_describe(problem, root, name) for problem in error.errors(include_url=False)]
        raise ConfigurationError("\n".join(problems)) from error


class _Loader(yaml.SafeLoader):
    """Tells the line of a value that cannot be, such as the date 2024-13-45."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """As the base class does."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:  # the latter two for `!!int ""` and `!!timestamp x`
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


def _read_yaml(text: str, name: str) -> tuple[yaml.Node | None, Any]:
    """The tree with its lines, and the value. Raises ConfigurationError."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        _refuse_surprises(root, name)
        return root, None if root is None else loader.construct_document(root)
    except yaml.reader.ReaderError as error:
        line, problem = text.count("\n", 0, error.position) + 1, f"the character #x{error.character:04x}"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, problem = mark.line + 1 if mark else 1, error.problem or error.context or ""
    except RecursionError:
        line, problem = 1, "nested too deep"
    raise ConfigurationError(f"{name}:{line}: not valid YAML: {problem}")


def _refuse_surprises(root: yaml.Node | None, name: str) -> None:
    """Refuse what YAML allows and nobody means: a key given twice (the last wins), an alias, half a character."""
    seen: set[int] = set()
    pending = [root] if root is not None else []
    while pending:
        node = pending.pop()
        if id(node) in seen and not isinstance(node, yaml.ScalarNode):
            raise ConfigurationError(f"{name}:{node.start_mark.line + 1}: aliases (*name) are not supported here")
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode) and _SURROGATE.search(node.value):
            raise ConfigurationError(
                f"{name}:{node.start_mark.line + 1}: half of a surrogate pair (\\ud800) is no text"
            )
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise ConfigurationError(f"{name}:{key.start_mark.line + 1}: a key must be a plain word")
                if key.value in keys:
                    raise ConfigurationError(f"{name}:{key.start_mark.line + 1}: {key.value}: given twice")
                keys.add(key.value)
                pending.append(value)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)


def _describe(problem: Any, root: yaml.Node | None, name: str) -> str:
    location: Sequence[str | int] = problem["loc"]
    if problem["type"] == _SAME_NAME:
        location = [*location, problem["ctx"]["key"]]
    key = ".".join(str(part) for part in location) or "the file"
    message = {"extra_forbidden": "unknown key", "missing": "missing"}.get(problem["type"], problem["msg"])
    message = message.removeprefix("Value error, ")
    if problem["type"] not in ("extra_forbidden", "missing", "value_error", _SAME_NAME):
        message += f" (found {str(problem['input'])[:80]!r})"
    return f"{name}:{_line_of(location, root)}: {key}: {message}"


def _line_of(location: Sequence[str | int], node: yaml.Node | None) -> int:
    """The 1-based line of the deepest part of `location` that the file has."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
