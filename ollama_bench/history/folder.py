"""A folder of documents: which files there are, and what one of them holds. Whatever lies there may be hostile."""

import contextlib
import os
import stat
from pathlib import Path

from ollama_bench.history.entry import Entry, Known, Signature
from orchestrator.errors import BenchError, ConfigurationError

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
"""As `show` reads them."""


def scan(folder: Path) -> dict[str, Signature]:
    """All that is called like a document, by name, without opening any of it.

    Raises ConfigurationError when there is no such folder, BenchError when it cannot be looked into.
    """
    try:
        with os.scandir(folder) as entries:
            found = [(each.name, _signature(each)) for each in entries if _is_candidate(each.name)]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ConfigurationError(
            f"{folder}: no such folder: `ollama-bench run MODEL` makes it, or name another one with --out"
        ) from error
    except OSError as error:
        raise BenchError(f"{folder}: cannot be looked into: {error.strerror or error}") from error
    return {name: signature for name, signature in found if signature is not None}


def _is_candidate(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")


def _signature(entry: "os.DirEntry[str]") -> Signature | None:
    """Of the file that a link leads to; of the link itself where it leads nowhere; None for what has just gone."""
    for follow in (True, False):
        with contextlib.suppress(OSError):
            return signature_of(entry.stat(follow_symlinks=follow))
    return None


def signature_of(found: os.stat_result) -> Signature:
    """See `Signature`; as numbers that SQLite holds: inodes may have 64 bits, and times lie beyond the year 2262."""
    return Signature(found.st_mtime_ns & (2**63 - 1), found.st_size, found.st_ino & (2**63 - 1))


def read(path: Path, signature: Signature) -> Known:
    """The run in `path`, or why there is none; `signature` is that of the file unless it has changed since."""
    try:
        if not path.is_file():
            return Known(signature, "not a file")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # it may have become a pipe
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return Known(signature, "not a file")
            data = file.read(MAX_DOCUMENT_BYTES + 1)
        return Known(signature_of(found), _content(data))
    except OSError as error:
        return Known(signature, error.strerror or str(error))


def _content(data: bytes) -> Entry | str:
    if not data:
        return "empty, as while a run begins"
    if len(data) > MAX_DOCUMENT_BYTES:
        return f"larger than {MAX_DOCUMENT_BYTES} bytes"
    from ollama_bench.history.excerpt import read_excerpt  # brings pydantic

    try:
        return read_excerpt(data)
    except ValueError as error:
        return str(error)
