"""`ollama-bench compare`: documents that a run saved, what is printed, and what is refused."""

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.compare.examples import run, runs_of
from tests.conftest import COMMAND, Cli
from tests.examples import example_plan
from tests.scripted_server import Model, ScriptedServer

OLD = Path(__file__).parent / "data" / "documents" / "first-of-version-1.json"


@pytest.fixture
def saved(workspace: Path) -> Path:
    """Two folders of five runs, the second twice as slow, and a file of one of them in each."""
    for name, factor in (("before", 1), ("after", 2)):
        (workspace / name).mkdir()
        for result in runs_of(name, [factor * level for level in (1.00, 1.01, 0.99, 1.02, 1.00)]):
            (workspace / name / f"{result.id}.json").write_text(result.to_json())
    return workspace


def test_runs_of_two_models_on_a_real_server(cli: Cli, server: ScriptedServer) -> None:
    server.models["small:1b"] = Model("small:1b")
    for model in ("tiny:1b", "small:1b"):
        cli("run", model, "--host", server.url, "--profile", "standard")
    files = sorted(Path("scorecards").glob("*.json"))
    outcome = cli("compare", *files, "--json", "--perf")
    document = json.loads(outcome.out)

    assert (outcome.code, document["kind"], document["differences"]) == (0, "comparison", [])
    assert [side["model"]["name"] for side in document["sides"]] == ["small:1b", "tiny:1b"]
    metrics = [row["metric"] for row in document["pairs"][0]["rows"]]
    assert metrics[:7] == [
        "warm.latency_s",
        "warm.ttft_s",
        "cold.latency_s",
        "cold.load_s",
        "real.latency_s",
        "real.ttft_s",
        "real.gen_tok_s",
    ]
    generation = document["pairs"][0]["rows"][6]
    assert (generation["ratio"], generation["outcome"]) == (1, "cannot tell")
    assert len(document["pairs"][0]["quality"]["prompts"]) == 3
    assert "perf: wall" in outcome.err


def test_the_documented_shape_of_the_json(cli: Cli, saved: Path) -> None:
    document = json.loads(cli("compare", "before", "after", "--json").out)

    assert set(document) == {
        "kind", "schema_version", "sides", "forced", "differences", "family", "pairs", "notes",
    }  # fmt: skip
    assert set(document["pairs"][0]) == {"reference", "candidate", "rows", "quality", "summary", "notes"}
    assert set(document["pairs"][0]["rows"][0]) == {
        "metric", "reference", "candidate", "ratio", "ratio_ci95", "unit", "p_value", "outcome", "within_percent",
        "reason", "marks",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "unit"),
    [
        ("before", "after", "run"),
        ("before/*.json", "after/*3.json", "trial"),
        ("before/before0.json,before/before1.json,before/before2.json", "after", "run"),
        ("before/before0.json", "after/after0.json", "trial"),
        ("before/before0.json,before/before*.json", "after/", "run"),
    ],
)
def test_a_side_is_a_file_a_folder_a_pattern_or_a_list(
    cli: Cli, saved: Path, ours: str, theirs: str, unit: str
) -> None:
    row = json.loads(cli("compare", ours, theirs, "--json").out)["pairs"][0]["rows"][0]

    assert (row["metric"], row["unit"], round(row["ratio"], 1)) == ("warm.latency_s", unit, 2.0)


def test_a_file_whose_name_looks_like_a_pattern_or_a_list_is_a_file(cli: Cli, saved: Path) -> None:
    for name in ("a,b.json", "[ab]*.json"):
        shutil.copy("before/before0.json", name)
        document = json.loads(cli("compare", name, "after", "--json").out)
        assert [len(side["runs"]) for side in document["sides"]] == [1, 5]


def test_a_long_list_and_a_name_that_is_no_text(cli: Cli, saved: Path) -> None:
    strange = "strange-\udcff.json"
    shutil.copy("before/before0.json", strange)
    several = ",".join([*["after/after0.json"] * 400, "after/after1.json"])
    outcome = cli("compare", strange, several, "--json")

    assert outcome.code == 0
    assert json.loads(outcome.out)["sides"][0]["name"] == "strange-\ufffd.json"
    assert len(json.loads(outcome.out)["sides"][1]["runs"]) == 2
    cli("compare", strange, "x" * 300).assert_clear_error(2, "no such file or folder")


def test_three_sides_are_each_held_beside_the_first(cli: Cli, saved: Path) -> None:
    shutil.copytree("before", "third")
    for path in Path("third").iterdir():
        path.write_text(path.read_text().replace('"id": "before', '"id": "third'))
    outcome = cli("compare", "before", "after", "third")

    assert outcome.code == 0
    assert "B answers the short prompt, warm, slower than A" in outcome.out
    assert "C/A" in outcome.out
    assert "No difference to speak of: warm latency" in outcome.out
    assert "18 tests in all" in outcome.out


def test_what_is_no_result_in_a_folder_is_left_out_and_told(cli: Cli, saved: Path) -> None:
    (saved / "after" / "broken.json").write_text('{"schema_version": 1')
    (saved / "after" / "other.json").write_text("[]")
    (saved / "after" / ".hidden.json").write_text("[]")
    (saved / "after" / "folder.json").mkdir()
    outcome = cli("compare", "before", "after")

    assert outcome.code == 0
    told = [line for line in outcome.out.splitlines() if "B: left out:" in line]
    assert len(told) == 2
    assert "broken.json: not JSON" in told[0]


WRONG: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "no file": (["nothing.json", "after"], ("nothing.json: no such file or folder",)),
    "a folder without results": (["empty", "after"], ("empty: no result of `ollama-bench run` there",)),
    "a pattern that meets nothing": (["before/x*.json", "after"], ("before/x*.json: no result",)),
    "one side": (["before"], ("one side alone is compared with nothing",)),
    "not JSON": (["text.json", "after"], ("text.json: not JSON",)),
    "no result": (["list.json", "after"], ("list.json: not a result of `ollama-bench run`",)),
    "of several models": (["mixed", "after"], ("mixed: a side is one model", "other:1b", "folder")),
    "nothing but commas": ([",", "after"], (",: no result",)),
    "only what is no result": (["bad", "after"], ("bad: no result of `ollama-bench run` there", "not JSON")),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_told(cli: Cli, saved: Path, case: str) -> None:
    for folder in ("empty", "mixed", "bad"):
        Path(folder).mkdir()
    Path("text.json").write_text("hello \x1b[31m")
    Path("bad/text.json").write_text("hello")
    Path("list.json").write_text("[]")
    other = run("other", plan=example_plan("other:1b"))
    other = other.model_copy(update={"model": other.model.model_copy(update={"digest": "sha256:2"})})
    Path("mixed/a.json").write_text(other.to_json())
    shutil.copy("before/before0.json", "mixed/b.json")
    arguments, words = WRONG[case]
    cli("compare", *arguments).assert_clear_error(2, *words)


def test_no_side_at_all_is_wrong_usage(cli: Cli) -> None:
    cli("compare").assert_clear_error(2, "Missing argument")


def test_the_same_file_twice_is_told(cli: Cli, saved: Path) -> None:
    outcome = cli("compare", "before/before0.json", "before/before0.json")

    assert outcome.code == 0
    assert "A and B hold the same run, so no winner is named" in outcome.out
    assert "slower" not in outcome.out
    doubled = cli("compare", "before/before0.json,before/../before/before0.json", "after").out
    assert "is the same run as before/before0.json: it counts once" in doubled


def test_unlike_sides_are_refused_unless_forced(cli: Cli, saved: Path) -> None:
    other = run("other", plan=example_plan(num_ctx=8192), environment={"cpu": "M4", "cores": 2})
    Path("other.json").write_text(other.to_json())
    refused = cli("compare", "before", "other.json")
    refused.assert_clear_error(2, "not measured alike", "--force", "num_ctx: A 4096, B 8192", "machine cpu: A AMD EPYC")
    forced = cli("compare", "before", "other.json", "--force")

    assert forced.code == 0
    assert forced.out.startswith("! UNLIKE, and compared because of --force")


def test_a_document_of_before_is_compared_as_far_as_it_goes(cli: Cli, workspace: Path) -> None:
    newer = json.loads(OLD.read_text()) | {"id": "another"}
    Path("newer.json").write_text(json.dumps(newer))
    outcome = cli("compare", OLD, "newer.json")

    assert outcome.code == 0
    assert "older than VALID and DOUBTFUL" in outcome.out


def test_markdown_and_text_say_the_same_winners(cli: Cli, saved: Path) -> None:
    text, markdown = (cli("compare", "before", "after", "--format", fmt).out for fmt in ("text", "markdown"))
    said = "B answers the short prompt, warm, slower than A"

    assert said in text
    assert said in markdown
    assert markdown.startswith("# B against A\n")
    assert "\x1b" not in text


@pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_a_terminal_that_wants_it(saved: Path, no_colour: str, coloured: bool) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_colour, "COLUMNS": "70", "TERM": "xterm"}
    with subprocess.Popen([*COMMAND, "compare", "before", "after"], stdout=theirs, env=environment) as running:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)

    assert running.returncode == 0
    assert (b"\x1b[31mwarm latency" in shown) is coloured
    assert max(map(len, shown.decode().replace("\x1b[31m", "").replace("\x1b[0m", "").splitlines())) <= 70


def _read(terminal: int) -> bytes:
    """What there is to read; nothing at the end, which Linux tells as an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
