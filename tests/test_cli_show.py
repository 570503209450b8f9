"""`ollama-bench show` and `run` in every format, of one result and of several."""

import csv
import io
import json
from pathlib import Path

import pytest

from ollama_bench.scorecard import RunResult
from tests.conftest import Cli, process
from tests.examples import example_result
from tests.scripted_server import ScriptedServer


@pytest.fixture
def files(workspace: Path) -> tuple[Path, Path]:
    """Two saved results, of different models."""
    first = example_result()
    second = first.model_copy(update={"id": "b", "model": first.model.model_copy(update={"name": "other:1b"})})
    return _saved(workspace / "a.json", first), _saved(workspace / "b.json", second)


def _saved(path: Path, result: RunResult) -> Path:
    path.write_text(result.to_json(), encoding="utf-8")
    return path


def test_several_files_are_one_json_array(cli: Cli, files: tuple[Path, Path]) -> None:
    outcome = cli("show", *files, "--json")

    assert [document["model"]["name"] for document in json.loads(outcome.out)] == ["llama3.2:1b", "other:1b"]


def test_one_file_is_one_json_object(cli: Cli, files: tuple[Path, Path]) -> None:
    assert json.loads(cli("show", files[0], "--json").out)["model"]["name"] == "llama3.2:1b"


def test_several_files_are_one_csv_table(cli: Cli, files: tuple[Path, Path]) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("show", *files, "--format", "csv").out)))

    assert {row["model"] for row in rows} == {"llama3.2:1b", "other:1b"}
    assert {row["trial"] for row in rows} == {"1", "2", "3"}


def test_several_files_are_benchmarks_of_several_names(cli: Cli, files: tuple[Path, Path]) -> None:
    out = cli("show", *files, "--format", "benchstat").out

    assert "BenchmarkModel/name=llama3.2:1b/step=generate/phase=real 1 " in out
    assert "BenchmarkModel/name=other:1b/step=generate/phase=real 1 " in out


@pytest.mark.parametrize("fmt", ["text", "markdown"])
def test_several_files_end_in_a_table_of_the_models(cli: Cli, files: tuple[Path, Path], fmt: str) -> None:
    out = cli("show", *files, "--format", fmt).out

    assert "keep small" in out
    assert "tok/s  peak MB" in out
    assert "tok/s  peak MB" not in cli("show", files[0], "--format", fmt).out


def test_many_files_fit_into_a_comment_with_their_table(cli: Cli, files: tuple[Path, Path]) -> None:
    page = cli("show", *files * 20, "--format", "markdown").out

    assert 50_000 < len(page) < 65_536
    assert "More does not fit on a page: the JSON document has all of it.\n\n```text\nmodel " in page
    assert page.count("```") % 2 == 0
    assert page.splitlines()[-41].startswith("llama3.2:1b ")


def test_a_policy_decides_all_of_them_anew(cli: Cli, files: tuple[Path, Path], workspace: Path) -> None:
    (workspace / "strict.yaml").write_text("max_short_latency_s: 0.001\n")
    documents = json.loads(cli("show", *files, "--policy", workspace / "strict.yaml", "--json").out)

    assert [document["verdict"]["decision"] for document in documents] == ["try 3–8B", "try 3–8B"]


def test_one_bad_file_ends_it_with_nothing_printed(cli: Cli, files: tuple[Path, Path], workspace: Path) -> None:
    (workspace / "c.json").write_text("[]")

    cli("show", *files, workspace / "c.json", "--format", "csv").assert_clear_error(2, "c.json", "not a result")


def test_show_wants_a_file(cli: Cli) -> None:
    outcome = cli("show")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Missing argument" in outcome.err


@pytest.mark.parametrize(("fmt", "begins"), [("csv", "run_id,started_at,"), ("benchstat", "goos: ")])
def test_a_run_prints_the_same_as_show_of_what_it_saved(
    cli: Cli, server: ScriptedServer, fmt: str, begins: str
) -> None:
    outcome = cli("run", "tiny:1b", "--host", server.url, "--no-quality", "--format", fmt)
    (saved,) = Path("scorecards").glob("*.json")

    assert outcome.code == 0
    assert outcome.out.startswith(begins)
    assert cli("show", saved, "--format", fmt).out == outcome.out


def test_a_comparison_has_no_rows_of_trials(cli: Cli, files: tuple[Path, Path]) -> None:
    outcome = cli("compare", *files, "--format", "csv")

    assert (outcome.code, outcome.out) == (2, "")
    assert "'csv' is not one of" in outcome.err


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_json_is_the_document_in_any_encoding(workspace: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """A pipe on Windows has one that lacks most characters."""
    result = example_result()
    result = result.model_copy(update={"model": result.model.model_copy(update={"name": "é模型😀"})})
    _saved(workspace / "a.json", result)
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    with process("show", "a.json", "--json", encoding=encoding) as running:
        out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, "")
    assert json.loads(out)["model"]["name"] == "é模型😀"
