"""This package's branch of the exception tree.

BenchError                      3   (orchestrator.errors)
├── ConfigurationError          2   (orchestrator.errors)
│   └── MissingExtraError       2   an optional part is not installed
├── ServerError                 3   the server cannot be reached, or does not answer as Ollama does
│   └── ModelError              3   the server has no such model and cannot get it
├── LoadError                   3   k6 did not carry out a load test
├── OutputError                 3   a result cannot be written
└── IncompleteRunError          3   a run ended early; what was measured is kept
"""

from typing import TYPE_CHECKING

from orchestrator.errors import BenchError, ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from ollama_bench.scorecard import RunResult
    from ollama_bench.trial import ErrorKind


class MissingExtraError(ConfigurationError):
    """A package that an optional part needs is not installed."""


class ServerError(BenchError):
    """The model server cannot be reached, or its answer is not one that Ollama gives.

    `what` and `remedy` make up the message, apart since a server's own words may be in the first. `kind` and `status`
    are what a trial that failed by it records.
    """

    def __init__(
        self, what: str, kind: "ErrorKind" = "connection", status: int | None = None, *, remedy: str | None = None
    ) -> None:
        super().__init__(what if remedy is None else f"{what}: {remedy}")
        self.what, self.remedy, self.kind, self.status = what, remedy, kind, status


class ModelError(ServerError):
    """The server has no such model and cannot get it."""


class LoadError(BenchError):
    """k6 ended before its load test did, or could not begin it."""


class OutputError(BenchError):
    """A result cannot be written where it was asked for; `result` is the result, where there is one."""

    def __init__(self, message: str, result: "RunResult | None" = None) -> None:
        super().__init__(message)
        self.result = result


class IncompleteRunError(BenchError):
    """A run ended before it was whole; the message says why, `path` is the document of what was measured."""

    path: "Path | None" = None
