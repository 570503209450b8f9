"""The runs of a folder, as its documents say now: the index is brought up to date on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ollama_bench.history.entry import Entry, Known, Run
from ollama_bench.history.folder import read, scan
from ollama_bench.history.index import Index

BATCH = 500
"""Documents from one transaction to the next: an interrupted first indexing is not lost."""


@dataclass(frozen=True)
class Listing:
    """All runs of a folder, the newest last, and what else is called like one."""

    runs: list[Run]
    unreadable: dict[str, str]
    """Why, by file name."""
    index_trouble: str | None
    """Why the index could not be used or written; the listing is whole all the same."""


def list_folder(folder: Path, told: Callable[[int, int], None], *, anew: bool = False) -> Listing:
    """Read what is new or changed, and list all of it; `anew` reads everything, into a new index.

    `told` hears how many documents of how many are read. Raises ConfigurationError, BenchError, as `scan`.
    """
    with Index(folder) as index:
        # before the scan, so that what another process adds meanwhile is not taken for gone
        known = index.clear() if anew else index.load()
        found = scan(folder)
        stale = [name for name in found if name not in known or known[name].signature != found[name]]
        pending, done = iter(stale), 0
        while batch := list(islice(pending, BATCH)):
            fresh: dict[str, Known] = {}
            for name in batch:
                fresh[name] = read(folder / name, found[name])
                done += 1
                told(done, len(stale))
            index.save(fresh)
            known |= fresh
        index.save({}, [name for name in known if name not in found])
        return _listing({name: known[name] for name in found}, index.trouble)


def _listing(known: dict[str, Known], trouble: str | None) -> Listing:
    runs = [Run(name, each.content) for name, each in known.items() if isinstance(each.content, Entry)]
    runs.sort(key=lambda run: (run.entry.started_at, run.file))
    unreadable = {name: each.content for name, each in sorted(known.items()) if isinstance(each.content, str)}
    return Listing(runs, unreadable, trouble)
