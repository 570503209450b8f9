"""Distributions on one line: every block counted by hand."""

import json
from pathlib import Path

import pytest

from ollama_bench.render.plots import ASCII_BLOCKS, BINS, BLOCKS, strip, to_ascii
from ollama_bench.render.text import render_text
from ollama_bench.scorecard import RunResult
from tests.conftest import Cli, process
from tests.examples import SECOND_NS, example_result, example_trial


def bars(**counted: str) -> str:
    """24 bins: blanks, but for those named."""
    return "".join(counted.get(f"at_{place}", " ") for place in range(BINS))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], ""),
        ([0.31], "0.31 │█│ 0.31"),
        ([0.31] * 9, "0.31 │█│ 0.31"),
        ([1.0, 3.0], f"1.00 │{bars(at_0='█', at_23='█')}│ 3.00"),
        # 8 of 24 bins in the middle: 12 = 24 x (2.0 - 1.0) / (3.0 - 1.0); heights 1/4, 2/4 and 4/4 of eight
        ([1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0], f"1.00 │{bars(at_0='▂', at_12='█', at_23='▄')}│ 3.00"),
        # one of 100 is less than an eighth of the fullest: it still has a block
        ([1.0] * 40 + [2.0] * 59 + [3.0], f"1.00 │{bars(at_0='▆', at_12='█', at_23='▁')}│ 3.00"),
    ],
)
def test_each_bin_has_a_block_of_its_height(values: list[float], text: str) -> None:
    assert strip(values, 2) == text


def test_a_value_far_out_is_counted_beside_the_others() -> None:
    """Quartiles of 0 to 8 with 100 are 2.25 and 6.75: fences at -11.25 and 20.25."""
    assert strip([*map(float, range(9)), 100.0], 0) == f"0 │{'█  ' * 8}".removesuffix("  ") + " █│ 8 … 100 (1)"
    assert strip([-100.0, -90.0, *map(float, range(9))], 0).startswith("(2) -100 … 0 │█")


def test_what_lies_apart_is_all_far_out_where_the_middle_half_is_one_value() -> None:
    assert strip([1.0] * 20 + [2.0, 3.0], 1) == "1.0 │█│ 1.0 … 3.0 (2)"


def test_the_order_of_the_values_does_not_matter() -> None:
    values = [0.3, 0.1, 0.2, 0.15, 0.25, 0.22]

    assert strip(values, 3) == strip(sorted(values), 3)


def test_every_block_has_a_character_of_ascii() -> None:
    assert len(set(ASCII_BLOCKS)) == len(BLOCKS) == 8
    assert to_ascii("0.31 │▁▂▃▄▅▆▇█│ 0.35 ×") == "0.31 |.:-=+*%#| 0.35 ×"


def warm_result(count: int) -> RunResult:
    """`count` warm trials, of 1 s, 2 s, 3 s, … with gaps of 25 ms; and as many that failed."""
    trials = [example_trial("warm", index=i, end_ns=(i + 1) * SECOND_NS) for i in range(count)]
    return example_result([*trials, *(example_trial("warm", index=count + i, error="gone") for i in range(count))])


def test_phases_with_enough_samples_are_drawn_below_their_figures() -> None:
    lines = render_text(warm_result(8)).splitlines()
    latency = next(index for index, line in enumerate(lines) if line.startswith("warm  latency"))
    gaps = next(index for index, line in enumerate(lines) if line.startswith("warm  ITL"))

    assert lines[latency + 1].startswith(f"{'':<20}1.000 │█")
    assert lines[latency + 1].endswith("█│ 8.000")
    assert lines[gaps + 1] == f"{'':<20}0.0250 │█│ 0.0250"
    assert sum("│" in line for line in lines) == 2


def test_fewer_samples_are_not() -> None:
    lines = render_text(warm_result(7)).splitlines()

    assert sum("│" in line for line in lines) == 1, "the gaps alone"


@pytest.mark.parametrize(("encoding", "edge"), [("utf-8", "│█"), ("ascii", "|#"), ("latin-1", "|#")])
def test_where_blocks_cannot_be_written_ascii_stands_in(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, edge: str
) -> None:
    file = workspace / "result.json"
    file.write_text(warm_result(8).model_dump_json(), encoding="utf-8")
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    with process("show", str(file), errors="replace") as showing:
        out, err = showing.communicate(timeout=60)

    assert (showing.returncode, err) == (0, "")
    assert f"1.000 {edge}" in out
    assert "\x1b" not in out


def test_markdown_and_json_have_no_plots(cli: Cli, workspace: Path) -> None:
    file = workspace / "result.json"
    file.write_text(warm_result(8).model_dump_json(), encoding="utf-8")

    assert "│" not in cli("show", file, "--format", "markdown").out
    assert json.loads(cli("show", file, "--json").out)["schema_version"] == 1
