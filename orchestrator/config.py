"""YAML files read into pydantic models; a mistake is told with its file, line and key."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from orchestrator.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)

MAX_CONFIG_BYTES = 1_000_000
"""Far above any real file; keeps an alias bomb or a wrong path (a model file, say) from being read whole."""


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read `path` and validate it as `model`.

    Raises ConfigurationError, one line a mistake: `FILE:LINE: key: what is wrong`.
    """
    return parse_yaml(read_text(path), model, str(path))


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
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_surprises(root, name)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigurationError(f"{name}:{line}: not valid YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{name}: not valid YAML: {error}") from error
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        problems = [_describe(problem, root, name) for problem in error.errors(include_url=False)]
        raise ConfigurationError("\n".join(problems)) from error


def _refuse_surprises(root: yaml.Node | None, name: str) -> None:
    """Refuse what YAML allows and a reader would not expect: a key given twice (the last wins), an alias."""
    seen: set[int] = set()
    pending = [root] if root is not None else []
    while pending:
        node = pending.pop()
        if id(node) in seen and not isinstance(node, yaml.ScalarNode):
            raise ConfigurationError(f"{name}:{node.start_mark.line + 1}: aliases (*name) are not supported here")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if key.value in keys:
                    raise ConfigurationError(f"{name}:{key.start_mark.line + 1}: {key.value}: given twice")
                if isinstance(key, yaml.ScalarNode):
                    keys.add(key.value)
                pending.append(value)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)


def _describe(problem: Any, root: yaml.Node | None, name: str) -> str:
    location: Sequence[str | int] = problem["loc"]
    key = ".".join(str(part) for part in location) or "the file"
    message = {"extra_forbidden": "unknown key", "missing": "missing"}.get(problem["type"], problem["msg"])
    if problem["type"] not in ("extra_forbidden", "missing", "value_error"):
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
