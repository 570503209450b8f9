"""`ollama-bench report`: where the page goes, what is said of it, and what is refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.page.test_sections import EXAMPLE, OLD


def test_a_page_is_written_and_told_of_on_stderr(cli: Cli, workspace: Path) -> None:
    outcome = cli("report", EXAMPLE)
    page = workspace / "report.html"

    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.splitlines() == [f"saved: report.html ({page.stat().st_size / 1e6:.1f} MB, 1 run)"]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert page.stat().st_size < 3_000_000


def test_several_results_share_a_page_and_the_same_file_counts_once(cli: Cli, workspace: Path) -> None:
    outcome = cli("report", EXAMPLE, OLD, EXAMPLE, "--out", "both.html")

    assert outcome.code == 0
    assert "2 runs" in outcome.err
    assert "<h1>2 runs</h1>" in (workspace / "both.html").read_text(encoding="utf-8")


def test_one_file_by_several_names_is_one_run(cli: Cli, workspace: Path) -> None:
    (workspace / "link.json").symlink_to(EXAMPLE)
    shutil.copy(EXAMPLE, workspace / "copy.json")

    assert "1 run)" in cli("report", EXAMPLE, "link.json", EXAMPLE.parent / "." / EXAMPLE.name).err
    assert "2 runs)" in cli("report", EXAMPLE, "copy.json").err


@pytest.mark.parametrize("out", ["page.html", "-"])
def test_a_page_of_more_than_three_megabytes_is_said_to_be_large(cli: Cli, workspace: Path, out: str) -> None:
    document = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    prompt = document["quality"]["prompts"][0]
    answer = {key: prompt[key] for key in ("temperature", "scores")} | {"answer": "word " * 2000}
    prompt["samples"] = [answer | {"seed": seed} for seed in range(250)]
    (workspace / "large.json").write_text(json.dumps(document), encoding="utf-8")

    outcome = cli("report", "large.json", "--out", out)
    assert outcome.code == 0
    assert "the page has 3.6 MB" in outcome.err
    assert "fewer results" in outcome.err


def test_the_page_goes_to_stdout_for_a_dash(cli: Cli, workspace: Path) -> None:
    outcome = cli("report", EXAMPLE, "--out", "-")

    assert outcome.code == 0
    assert outcome.out.endswith("</html>\n")
    assert outcome.err == ""
    assert not (workspace / "report.html").exists()


def test_what_is_no_result_is_refused_before_anything_is_written(cli: Cli, workspace: Path) -> None:
    (workspace / "other.json").write_text('{"a": 1}')

    cli("report", EXAMPLE, "other.json").assert_clear_error(2, "other.json", "not a result of `ollama-bench run`")
    assert not (workspace / "report.html").exists()


def test_a_result_is_not_overwritten_by_its_page(cli: Cli, workspace: Path) -> None:
    shutil.copy(EXAMPLE, workspace / "run.json")

    cli("report", "run.json", "--out", "./run.json").assert_clear_error(2, "run.json", "one of the results", "--out")
    assert (workspace / "run.json").read_bytes() == EXAMPLE.read_bytes()


def test_a_place_that_cannot_be_written_is_told(cli: Cli, workspace: Path) -> None:
    (workspace / "file").write_text("")
    cli("report", EXAMPLE, "--out", "file/page.html").assert_clear_error(
        3, "file/page.html", "cannot be written", "--out"
    )
    cli("report", EXAMPLE, "--out", "-", "--open").assert_clear_error(2, "--open needs a file")


@pytest.mark.parametrize(
    ("out", "code", "why"), [("x" * 300, 3, "cannot be written"), ("", 2, "not a file"), (".", 2, "is a directory")]
)
def test_a_name_that_no_file_can_have_is_told(cli: Cli, workspace: Path, out: str, code: int, why: str) -> None:
    cli("report", EXAMPLE, "--out", out).assert_clear_error(code, why, "--out")
    assert [path.name for path in workspace.iterdir()] == ["config"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names there")
def test_what_is_no_file_is_not_replaced(cli: Cli, workspace: Path) -> None:
    """A pipe stands for /dev/null, which a page in its place would take away from the whole machine."""
    os.mkfifo(workspace / "pipe")
    (workspace / "link.html").symlink_to("pipe")

    cli("report", EXAMPLE, "--out", "pipe").assert_clear_error(2, "pipe", "not a file", "- for standard output")
    cli("report", EXAMPLE, "--out", "link.html").assert_clear_error(2, "link.html", "not a file")
    assert (workspace / "pipe").is_fifo()


def test_a_link_to_a_file_stays_one(cli: Cli, workspace: Path) -> None:
    (workspace / "folder").mkdir()
    (workspace / "folder" / "page.html").write_text("old")
    (workspace / "link.html").symlink_to("folder/page.html")

    assert cli("report", EXAMPLE, "--out", "link.html").code == 0
    assert (workspace / "link.html").is_symlink()
    assert (workspace / "folder" / "page.html").stat().st_size > 500_000


@pytest.mark.skipif(sys.platform == "win32", reason="BROWSER is not looked at there")
def test_the_page_is_opened_in_the_browser_that_is_asked_for(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = workspace / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))

    assert cli("report", EXAMPLE, "--open").code == 0
    assert (workspace / "opened").read_text().strip() == (workspace / "report.html").resolve().as_uri()


def test_without_the_extra_it_says_what_to_install(workspace: Path) -> None:
    code = "import sys; sys.modules['vl_convert'] = None; from ollama_bench.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "report", str(EXAMPLE)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert 'pip install "ollama-bench[report]"' in done.stderr
    assert not (workspace / "report.html").exists()
