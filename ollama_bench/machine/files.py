"""Reads the small files in which a kernel tells its figures."""

from pathlib import Path


def read_text(path: Path) -> str | None:
    """What the file says, stripped; None where it is not there or may not be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def read_int(path: Path) -> int | None:
    """The one whole number in the file; None where there is none."""
    return to_int(read_text(path))


def read_keyed(path: Path) -> dict[str, int]:
    """The figures of a file of lines `key value` or `key: value kB`, as they stand; empty where there are none."""
    rows = [line.replace(":", " ").split() for line in (read_text(path) or "").splitlines()]
    figures = {row[0]: to_int(row[1]) for row in rows if len(row) >= 2}
    return {key: value for key, value in figures.items() if value is not None}


def to_int(text: str | None) -> int | None:
    """`text` as a whole number; None where it is something else, such as "max"."""
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
