"""`ollama-bench history` as a person uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Cli
from tests.history.documents import FIRST, save
from tests.scripted_server import ScriptedServer


@pytest.fixture
def folder(workspace: Path) -> Path:
    """Three saved runs of two models."""
    folder = workspace / "scorecards"
    save(folder, "a.json", name="gemma3:270m")
    save(folder, "b.json", name="llama3.2:1b", days=1)
    save(folder, "c.json", name="gemma3:270m", days=2)
    return folder


def _files(out: str) -> list[str]:
    return [line.split()[-1] for line in out.splitlines() if line.endswith(".json")]


def test_every_saved_run_the_newest_last_and_the_trend(cli: Cli, folder: Path) -> None:
    outcome = cli("history")

    assert (outcome.code, outcome.err) == (0, "")
    assert _files(outcome.out) == ["a.json", "b.json", "c.json"]
    table, trend = outcome.out.split("\n\n")
    assert table.splitlines()[0].split() == [
        *(
            "when",
            "(UTC)",
            "model",
            "quant",
            "warm",
            "s",
            "tok/s",
            "peak",
            "MB",
            "quality",
            "verdict",
            "measured",
            "file",
        )
    ]
    assert [line.split()[:2] for line in trend.splitlines()[1:]] == [["llama3.2:1b", "1"], ["gemma3:270m", "2"]]


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--model", "gemma3:270m"], ["a.json", "c.json"]),
        (["--model", "gemma*"], ["a.json", "c.json"]),
        (["--since", "2026-11-02"], ["b.json", "c.json"]),
        (["--since", "2026-11-02T12:00:01"], ["c.json"]),
        (["-n", "1"], ["c.json"]),
        (["--model", "gemma*", "--limit", "1"], ["c.json"]),
    ],
)
def test_some_of_them(cli: Cli, folder: Path, options: list[str], files: list[str]) -> None:
    assert _files(cli("history", *options).out) == files
    assert [run["file"] for run in json.loads(cli("history", *options, "--json").out)["runs"]] == files


def test_what_run_saves_is_there_at_once(cli: Cli, server: ScriptedServer, workspace: Path) -> None:
    assert cli("run", "tiny:1b", "--host", server.url, "--no-quality").code == 0
    (run,) = json.loads(cli("history", "--since", "1h", "--json").out)["runs"]
    (document,) = [json.loads(path.read_text()) for path in Path("scorecards").glob("*.json")]

    assert (run["id"], run["model"], run["assessed"]) == (document["id"], "tiny:1b", None)
    assert run["started_at"] == document["started_at"]


def test_json_is_one_document_and_nothing_else(cli: Cli, folder: Path) -> None:
    (folder / "x\x1b[2J.json").write_text("{")
    outcome = cli("history", "--json")
    document = json.loads(outcome.out)

    assert outcome.err == ""
    assert "\x1b" not in outcome.out
    assert document["folder"] == "scorecards"
    assert document["unreadable"] == {"x\x1b[2J.json": "not JSON"}
    assert document["runs"][0]["started_at"] == f"{FIRST:%Y-%m-%dT%H:%M:%S}.000000Z"
    assert json.loads(cli("history", "--json", "--model", "none").out)["runs"] == []


def test_files_that_are_no_results_are_told_once_and_short(cli: Cli, folder: Path) -> None:
    for number in range(50):
        (folder / f"bad{number:02}.json").write_text("{")
    outcome = cli("history")

    assert outcome.code == 0
    assert len(_files(outcome.out)) == 3
    assert outcome.err == (
        "50 left out, no result: bad00.json (not JSON), bad01.json (not JSON), bad02.json (not JSON)"
        " and 47 more (--json names all)\n"
    )


def test_nothing_to_show_is_said_on_stderr(cli: Cli, folder: Path, workspace: Path) -> None:
    none = cli("history", "--model", "other*")
    assert (none.code, none.out, none.err) == (0, "", "scorecards: none of 3 saved runs\n")
    (workspace / "empty").mkdir()
    empty = cli("history", "--out", "empty")
    assert (empty.code, empty.out, empty.err) == (0, "", "empty: no runs\n")


def test_mistakes(cli: Cli, folder: Path) -> None:
    cli("history", "--since", "soon").assert_clear_error(2, "--since 'soon'", "2026-11-01", "7d")
    cli("history", "--since", "").assert_clear_error(2, "--since ''")  # as of a variable that is not set
    cli("history", "--out", "nothing").assert_clear_error(2, "nothing: no such folder", "ollama-bench run", "--out")
    for arguments in (["--limit", "0"], ["--model", "x", "rebuild"], ["--since", "7d", "rebuild"], ["nothing"]):
        outcome = cli("history", *arguments)
        assert (outcome.code, outcome.out) == (2, ""), arguments


@pytest.mark.parametrize("arguments", [["--out", "other", "rebuild"], ["rebuild", "--out", "other"]])
def test_rebuild_takes_the_folder_on_either_side(cli: Cli, workspace: Path, arguments: list[str]) -> None:
    save(workspace / "other", "a.json")
    (workspace / "other" / "bad.json").write_text("{")
    outcome = cli("history", *arguments)

    assert (outcome.code, outcome.out) == (0, f"{Path('other/.index.sqlite')}: 1 run\n")
    assert outcome.err == "1 left out, no result: bad.json (not JSON)\n"
    for json_first in (["--json", *arguments], [*arguments, "--json"]):
        document = json.loads(cli("history", *json_first).out)
        assert document == {"folder": "other", "indexed": 1, "unreadable": {"bad.json": "not JSON"}}


def test_rebuild_says_where_the_index_cannot_be_written(cli: Cli, folder: Path) -> None:
    (folder / ".index.sqlite").mkdir()
    cli("history", "rebuild").assert_clear_error(3, ".index.sqlite: cannot be written", "still lists")
    outcome = cli("history")
    assert (outcome.code, len(_files(outcome.out))) == (0, 3)
    assert outcome.err.startswith(f"{Path('scorecards/.index.sqlite')}: it is not a file: listed")


def test_help_of_both(cli: Cli) -> None:
    assert "rebuild" in cli("history", "--help").out
    assert "Never necessary" in cli("history", "rebuild", "--help").out
    assert "perf: wall" in cli("history", "rebuild", "--perf", "--out", ".").err


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize("width", [60, 80, 132])
def test_the_table_fits_the_terminal(folder: Path, width: int) -> None:
    for number in range(12):
        save(folder, f"{'long' * 20}{number}.json", name="a-model-of-a-very-long-name:1.5b-instruct", days=3 + number)
    shown = _on_a_terminal(width, "history")

    assert max(len(line) for line in shown.splitlines() if not line.startswith("no room for: ")) <= width
    assert "2026-11-01 12:00  gemma3:270m" in shown
    assert "\x1b" not in shown


def _on_a_terminal(width: int, *arguments: str) -> str:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=theirs, stdin=theirs, env=environment
    ) as running:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux's way of saying that nobody writes any more
                break
            if not part:
                break
            shown += part
        running.wait(timeout=30)
    os.close(ours)
    assert running.returncode == 0, shown
    return shown.decode()
