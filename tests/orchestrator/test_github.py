"""The summary of a job: a file of the runner's that is appended to, and never beyond what GitHub takes."""

import os
from pathlib import Path

import pytest

from orchestrator.gate_text import gate_markdown
from orchestrator.github import LEFT_OUT, MAX_BYTES, VARIABLE, append_summary
from orchestrator.verdict import hold
from tests.orchestrator.test_verdict import candidate, subject


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "summary.md"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_sections_are_appended(summary: Path) -> None:
    summary.write_text("before\n")
    append_summary(["# one\n", "two"])
    append_summary(["three\n\n"])

    assert summary.read_text() == "before\n\n# one\n\ntwo\n\nthree\n"


def test_nothing_is_made_where_there_is_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", None):
        monkeypatch.delenv(VARIABLE, raising=False)
        if value is not None:
            monkeypatch.setenv(VARIABLE, value)
        append_summary(pytest.fail("made") for _ in range(1))


def test_it_never_grows_beyond_what_is_shown(summary: Path) -> None:
    append_summary(["a" * 600_000, "é" * 300_000, "c"])
    assert summary.read_text() == f"\n{'a' * 600_000}\n\n{LEFT_OUT}"
    for _ in range(3):
        append_summary(["d" * 300_000])
    assert 900_000 < summary.stat().st_size <= MAX_BYTES
    summary.write_text("x" * (MAX_BYTES - 5))
    append_summary(["section"])
    assert summary.stat().st_size == MAX_BYTES - 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_one_that_cannot_be_written_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "nothing" / "x", tmp_path / "pipe", Path("/dev/full")):
        monkeypatch.setenv(VARIABLE, str(path))
        append_summary(["text"])
        assert capsys.readouterr().err.startswith(f"warning: {VARIABLE}: {path}: cannot be written: ")


def test_the_gate_as_a_table() -> None:
    report = hold([subject(), subject(candidate(151), name="<b>|x\n# y")])
    lines = gate_markdown(report).splitlines()

    assert lines[:4] == [
        "## Gate: fail",
        "",
        "| scenario | outcome | targets | regression | why |",
        "| --- | --- | --- | --- | --- |",
    ]
    assert lines[4].startswith("| A | pass | pass | pass | ok p50\\_ms at most 150: ")
    assert lines[5].startswith("| &lt;b&gt;\\|x # y | fail | fail | fail | MISS p50\\_ms at most 150: ")
    assert lines[-1] == "Fail on any; exit code 4."
