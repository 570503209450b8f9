"""`<folder>/.index.sqlite`: what the documents of a folder held when they were last read.

A cache and nothing more: whatever is wrong with it, the documents are read again. It is written in short transactions,
so that several processes may use it at once; none of them has to succeed.
"""

import contextlib
import math
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from ollama_bench.history.entry import Entry, Known, Signature

NAME = ".index.sqlite"
VERSION = 1
"""Raised whenever a column changes; an index of another version is made anew."""

WAIT_S = 2.0
"""For another process to end its transaction."""

_COLUMNS = ("file", *Signature._fields, "problem", *(field.name for field in fields(Entry)))
_CREATE = f"CREATE TABLE IF NOT EXISTS documents ({', '.join(_COLUMNS)}, PRIMARY KEY (file)) WITHOUT ROWID"
_MARKS = ", ".join("?" * len(_COLUMNS))

_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
"""Errors that say nothing against what the file holds."""


class Index:
    """The index of one folder. Use as a context manager; `trouble` says why it could not be used or written."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._connection: sqlite3.Connection | None = None
        self.trouble: str | None = None

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._close()

    def load(self) -> dict[str, Known]:
        """What is known, by file name; nothing where there is no index, or none that can be used."""
        try:
            return self._load()
        except OSError as error:
            self.trouble = error.strerror or str(error)
            return {}
        except (sqlite3.Error, ValueError) as error:
            if self._is_passing(error):
                return {}
        self._remove()
        with contextlib.suppress(sqlite3.Error, ValueError, OSError):
            return self._load()
        self._close()
        self.trouble = self.trouble or "it cannot be made"
        return {}

    def save(self, read: Mapping[str, Known], gone: Collection[str] = ()) -> None:
        """Keep what was `read`, and forget the files that are `gone`. What fails is told in `trouble`."""
        if self._connection is None or not (read or gone):
            return
        with self._change(self._connection) as connection:
            connection.executemany(
                f"INSERT OR REPLACE INTO documents VALUES ({_MARKS})",
                [_row(file, known) for file, known in read.items() if _can_be_stored(file)],
            )
            connection.executemany("DELETE FROM documents WHERE file = ?", [(file,) for file in gone])

    def clear(self) -> dict[str, Known]:
        """Begin anew: an empty index, of which nothing is known. A sound file stays, since others may be using it.
        `trouble` says why it cannot be done.
        """
        self.load()
        if self._connection is not None:
            with self._change(self._connection) as connection:
                connection.execute("DROP TABLE documents")
                connection.execute(_CREATE)
        return {}

    @contextlib.contextmanager
    def _change(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        """One transaction. What fails is told in `trouble`."""
        try:
            with _transaction(connection):
                yield connection
        except sqlite3.Error as error:
            if not self._is_passing(error):
                self._remove()
                self.trouble = f"{error}: it is made anew the next time"

    def _load(self) -> dict[str, Known]:
        if self._path.is_symlink() or (self._path.exists() and not self._path.is_file()):
            self.trouble = "it is not a file"
            return {}
        self._connection = sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            with _transaction(self._connection) as connection:
                connection.execute(_CREATE)
                connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise ValueError(f"version {version}")
        rows = self._connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM documents").fetchall()
        return dict(map(_known, rows))

    def _is_passing(self, error: Exception) -> bool:
        """Whether the file may be good, and is only out of reach now: then it is left alone, and told."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is None or code & 0xFF not in _PASSING:
            return False
        self.trouble = str(error)
        self._close()
        return True

    def _remove(self) -> None:
        self._close()
        for suffix in ("", "-journal", "-wal", "-shm"):
            try:
                self._path.with_name(NAME + suffix).unlink(missing_ok=True)
            except OSError as error:
                self.trouble = error.strerror or str(error)

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing, with the right to write from the start. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield connection


def _can_be_stored(file: str) -> bool:
    """Whether the name is text: other bytes are read anew each time."""
    return not any("\ud800" <= character <= "\udfff" for character in file)


def _row(file: str, known: Known) -> tuple[Any, ...]:
    if isinstance(known.content, str):
        return (file, *known.signature, known.content, *(None for _ in fields(Entry)))
    return (file, *known.signature, None, *known.content.as_dict().values())


def _stored_types(annotation: Any) -> tuple[type, ...]:
    """As what a field of that type comes back from SQLite, which has no truth values."""
    types = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return tuple(int if kind is bool else kind for kind in types)


_HINTS = get_type_hints(Entry)
_STORED = tuple(map(_stored_types, _HINTS.values()))
_FLAGS = tuple(index for index, hint in enumerate(_HINTS.values()) if hint is bool or bool in get_args(hint))
_HEAD = ((str,), (int,), (int,), (int,), (str, NoneType))


def _known(row: tuple[Any, ...]) -> tuple[str, Known]:
    """A row of the index. Raises ValueError for one that nothing here has written."""
    file, mtime_ns, size_bytes, inode, problem, *values = row
    sound = _are(row[:5], _HEAD) and (problem is not None or _are(values, _STORED))
    if not sound or math.inf in values or -math.inf in values:
        raise ValueError("not a row of the index")
    signature = Signature(mtime_ns, size_bytes, inode)
    if problem is not None:
        return file, Known(signature, problem)
    for index in _FLAGS:
        values[index] = None if values[index] is None else bool(values[index])
    return file, Known(signature, Entry(*values))


def _are(values: Sequence[Any], types: Sequence[tuple[type, ...]]) -> bool:
    return all(isinstance(value, kinds) for value, kinds in zip(values, types, strict=True))
