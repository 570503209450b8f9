"""What many tests need: the command line as a function, a scripted server, a folder with a tiny profile."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_server import ScriptedServer

PROFILES = """
quick: {cold: 1, warm: 1, real: 1, long: 1, quality_seeds: 1}
standard: {cold: 2, warm: 3, real: 3, long: 2, quality_seeds: 3}
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it left in the folder that it ran in."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        """What was saved, in the order of the runs."""
        documents = [json.loads(path.read_text(encoding="utf-8")) for path in Path("scorecards").glob("*.json")]
        return sorted(documents, key=lambda document: str(document["started_at"]))

    @property
    def document(self) -> dict[str, Any]:
        """The one result that was saved."""
        (document,) = self.documents
        return document

    def assert_clear_error(self, code: int, *words: str) -> None:
        """One message with all these words, its exit code, no traceback, and nothing for a program to read."""
        assert self.code == code, self.err
        assert self.out == ""
        assert "Traceback" not in self.err
        messages = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(messages) == 1, self.err
        _, _, message = self.err.partition("Error: ")
        for word in words:
            assert word in message, self.err


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`ollama-bench` in this process, in the workspace."""
    from ollama_bench.cli import main

    def call(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ollama-bench", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ending.value.code, int)
        return Outcome(ending.value.code, out, err)

    return call


COMMAND = [sys.executable, "-c", "from ollama_bench.cli import main; main()"]


@contextmanager
def process(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """The command as a real process; killed at the end if it still runs."""
    usual = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen([*COMMAND, *arguments], text=True, **(usual | options)) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose profile makes one request a phase; no server is set."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "profiles.yaml").write_text(PROFILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    return tmp_path


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A healthy scripted server."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _documents_fit_their_schema(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every result document that a test leaves in its own folder, by whatever process, is what the schema says."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is None:
        return
    for path in [path for path in folder.rglob("*.json") if path.parent.name == "scorecards"]:
        document = as_document(path)
        if document is not None:
            document_validator().validate(document)


def as_document(path: Path) -> Any:
    """The result document in `path`; None for a file that is none, such as one that a test broke on purpose."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and document.get("schema_version") == 1 else None


@cache
def document_validator() -> Any:
    """Of what `ollama-bench schema` prints."""
    from jsonschema import Draft202012Validator

    from ollama_bench.scorecard import schema_text

    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="session", autouse=True)
def _no_proxy() -> None:
    """A proxy of the machine's own has no part in these tests, nor has the summary of the job that they run in."""
    os.environ.pop("GITHUB_STEP_SUMMARY", None)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
