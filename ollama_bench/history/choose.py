"""Which of all runs are meant. Pure."""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from ollama_bench.history.entry import Run, as_text
from ollama_bench.server.names import same_model


def chosen(runs: Sequence[Run], model: str | None, since: datetime | None, limit: int | None) -> list[Run]:
    """The `limit` newest of those of `model` (a name, else a pattern with `*`; case does not count) from `since` on."""
    kept = list(runs)
    if since is not None:
        earliest = as_text(since)
        kept = [run for run in kept if run.entry.started_at >= earliest]
    if model is not None:
        names = _matching({run.entry.model for run in kept}, model)
        kept = [run for run in kept if run.entry.model in names]
    return kept if limit is None else kept[-limit:]


def _matching(names: set[str], model: str) -> set[str]:
    exact = {name for name in names if same_model(name, model)}
    return exact or {name for name in names if fnmatchcase(name.casefold(), model.casefold())}
