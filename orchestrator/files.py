"""Names and files: one slug that cannot leave its folder, one way to replace a file whole."""

import hashlib
import os
import re
from pathlib import Path

MAX_SLUG_CHARS = 80

_TAG = re.compile(r"-(?=[0-9])|(?<=[0-9])-")
_DIGESTED = re.compile(r"-[0-9a-f]{8}$")


def slug(name: str) -> str:
    """A file name for any `name`: letters, digits, `.`, `_` and `-`, never empty, hidden, a path, or led by `_`.

    Plain names stay as they are, and the `:` of a model's tag becomes `-`: `llama3.2-1b`. Each name that cannot be
    told from its slug (see `name_of`) gets a digest behind it, so that none takes another's place.
    """
    plain = name.replace(":", "-")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).lstrip("._-")[:MAX_SLUG_CHARS].rstrip(".-")
    if safe and safe == plain and name_of(safe) == name and not _DIGESTED.search(safe):
        return safe
    return f"{safe or 'x'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def name_of(plain_slug: str) -> str:
    """The name behind a slug without a digest: the first `-` beside a digit was the `:` of a tag."""
    return _TAG.sub(":", plain_slug, count=1)


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
