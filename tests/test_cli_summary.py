"""The summary of a job on GitHub Actions, as `run` and `gate` fill it."""

from pathlib import Path

import pytest

from ollama_bench.render.markdown import render_markdown
from ollama_bench.scorecard import load
from tests.conftest import Cli
from tests.scripted_server import ScriptedServer


@pytest.fixture
def summary(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = workspace / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_a_run_appends_its_scorecard(cli: Cli, server: ScriptedServer, summary: Path) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url, "--no-quality", "--json")
    (saved,) = Path("scorecards").glob("*.json")

    assert outcome.code == 0
    assert summary.read_text(encoding="utf-8") == "\n" + render_markdown(load(saved))


def test_several_models_and_one_that_failed(cli: Cli, server: ScriptedServer, summary: Path) -> None:
    outcome = cli("run", "tiny:1b", "no<b>pe:1b", "tiny:1b", "--host", server.url, "--no-quality", "--no-pull")
    text = summary.read_text(encoding="utf-8")

    assert outcome.code == 3
    assert text.count("# tiny\\:1b: ") == 2
    assert "```text\nmodel " in text
    assert "**Failed:** http\\:" in text
    assert "<b>" not in text
    assert text.endswith("drop \\-\\-no\\-pull to have it pulled\n")


def test_the_gate_of_a_run_and_of_a_file(cli: Cli, server: ScriptedServer, summary: Path) -> None:
    assert cli("run", "tiny:1b", "--host", server.url, "--no-quality", "--gate").code == 5
    (saved,) = Path("scorecards").glob("*.json")
    of_the_run = summary.read_text(encoding="utf-8")
    assert of_the_run.startswith("\n# tiny\\:1b: ")
    assert "\n## Gate: inconclusive\n" in of_the_run
    assert cli("gate", saved).code == 5
    assert summary.read_text(encoding="utf-8").count("\n## Gate: inconclusive\n") == 2


def test_one_that_cannot_be_written_changes_no_outcome(
    cli: Cli, server: ScriptedServer, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary.mkdir()
    outcome = cli("run", "tiny:1b", "--host", server.url, "--no-quality")

    assert outcome.code == 0
    assert f"warning: GITHUB_STEP_SUMMARY: {summary}: cannot be written" in outcome.err
