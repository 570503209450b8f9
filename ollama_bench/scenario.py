"""Models as a source of orchestrator scenarios: `bench:run --name llama3.2:1b`. Light: `--help` loads it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import click

from ollama_bench.server.address import server_url
from orchestrator.errors import ConfigurationError
from orchestrator.scenario import Session

options: Sequence[click.Option] = (
    click.Option(["--host"], metavar="URL", help="Of a model: the server.  [default: OLLAMA_HOST, else this machine]"),
    click.Option(["--embedded"], is_flag=True, default=None, help="Of a model: start an engine of our own."),
)


def list() -> Sequence["ModelScenario"]:  # noqa: A001 (the name that the protocol has)
    """None: which models there are only a server knows, and listing asks none."""
    return ()


def find(name: str, host: str | None = None, embedded: bool | None = None) -> "ModelScenario | None":
    """Any name may be a model's, but for a mistyped bot's: whether the server has it shows when a run is set up.

    Raises ConfigurationError.
    """
    if name.upper().endswith("-BOT"):
        return None
    if embedded and host is not None:
        raise ConfigurationError("--embedded starts a server of its own: leave out --host")
    if host is not None:
        server_url(host, {})
    return ModelScenario(name, host, bool(embedded))


def offer(host: str | None = None, embedded: bool | None = None) -> Sequence[str]:
    """Names of models, for a shell that completes `--name`."""
    from ollama_bench import offer

    return offer.models(host, embedded=bool(embedded))


@dataclass(frozen=True)
class ModelScenario:
    """One model on one server; an iteration is a trial of the warm phase, so that both pass one gate."""

    name: str
    host: str | None = None
    embedded: bool = False
    kind: str = "model"
    goal: str = "answer the short prompt, loaded and warm"
    caches_unasked: bool = True

    def open(self, cache: bool | None) -> AbstractContextManager[Session]:
        """Connect, pull and load. `cache` False keeps the prompt cache out by a fresh first line each time; else the
        prompt repeats, as it does in the warm phase.
        """
        from ollama_bench.model_run import open_session

        return open_session(self.name, self.host, embedded=self.embedded, fresh=cache is False)
