"""Names and files: one slug that cannot leave its folder, one way to replace a file whole."""

import hashlib
import os
import re
from pathlib import Path

MAX_SLUG_CHARS = 80


def slug(name: str) -> str:
    """A file name for any `name`: letters, digits, `.`, `_` and `-`, never empty, hidden or a path.

    Names that differ only in what a file name cannot carry get a digest behind them, so that none takes another's
    place; plain names stay as they are but for `:` and `/`.
    """
    plain = re.sub(r"[:/]+", "-", name)
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-")[:MAX_SLUG_CHARS].rstrip(".-")
    if safe == plain:
        return safe
    return f"{safe or 'x'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text`, whole or not at all, even if the machine stops. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
