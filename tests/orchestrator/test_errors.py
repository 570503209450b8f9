"""One root, and the exit code of every branch as it is documented."""

import inspect

import pytest

import ollama_bench.errors
import orchestrator.errors
from ollama_bench.errors import IncompleteRunError, MissingExtraError, ModelError, OutputError, ServerError
from orchestrator.errors import BenchError, ConfigurationError


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (BenchError, 3),
        (ConfigurationError, 2),
        (MissingExtraError, 2),
        (ServerError, 3),
        (ModelError, 3),
        (OutputError, 3),
        (IncompleteRunError, 3),
    ],
)
def test_exit_codes(error: type[BenchError], exit_code: int) -> None:
    assert error("why").exit_code == exit_code
    assert str(error("why")) == "why"


@pytest.mark.parametrize("module", [orchestrator.errors, ollama_bench.errors])
def test_every_error_hangs_on_the_root_and_stands_in_the_tree(module: object) -> None:
    errors = [value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, Exception)]

    assert errors
    for error in errors:
        assert issubclass(error, BenchError)
        assert error.exit_code != 1, "1 is left to crashes"
        assert f"{error.__name__} " in (inspect.getdoc(module) or "")
