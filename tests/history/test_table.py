import re
import unicodedata

import pytest

from ollama_bench.history.table import HEADER, runs_table
from orchestrator.columns import cells
from tests.history.documents import a_run

WHOLE = """\
when (UTC)        model        quant  warm s  tok/s  peak MB  quality      verdict     measured  file
2026-11-01 12:00  llama3.2:1b  Q8_0     0.31   41.2     1873  3/3 3/3 2/3  keep small  VALID     a.json
2026-11-01 12:00  llama3.2:1b  n/a       n/a    n/a      n/a  n/a          incomplete  DOUBTFUL  b.json
"""


def test_a_line_a_run() -> None:
    nothing = a_run(
        "b.json",
        quantization=None,
        warm_latency_s=None,
        real_tok_s=None,
        peak_rss_bytes=None,
        assessed=None,
        complete=False,
        valid=False,
    )
    assert runs_table([a_run(), nothing], None) == (WHOLE, [])


@pytest.mark.parametrize("letter", ["m", "漢"])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int, letter: str) -> None:
    runs = [a_run("x" * 80, model=letter * 60), a_run()]
    table, left_out = runs_table(runs, width)

    assert max(map(cells, table.splitlines())) <= width
    assert set(left_out) == set(HEADER) - set(re.split(r"\s{2,}", table.splitlines()[0]))


def test_columns_stand_below_each_other_behind_wide_characters() -> None:
    table, _ = runs_table([a_run(model="漢字:1b"), a_run()], None)
    ends = {cells(line[: line.index("Q8_0")]) for line in table.splitlines()[1:]}

    assert len(ends) == 1


def test_the_figures_stay_longest() -> None:
    table, left_out = runs_table([a_run("x" * 60)], 80)

    assert table.splitlines()[0].split("  ")[0] == "when (UTC)"
    assert set(left_out) == {"file", "quant", "quality"}
    assert runs_table([a_run("x" * 60)], 40)[1] == ["file", "quant", "quality", "peak MB", "measured", "verdict"]


def test_a_name_gives_way_before_a_column_does() -> None:
    table, left_out = runs_table([a_run(model="m" * 40)], 112)

    assert left_out == []
    assert "mmmmmmmmm…mmmmmmmm" in table


def test_hostile_names_stay_in_their_line() -> None:
    foreign = "\x1b[2J\x1b]52;c;ZXZpbA==\x07\n\r\u202e\x9b31m"
    table, _ = runs_table([a_run(f"{foreign}.json", model=foreign, quantization=foreign)], None)

    assert len(table.splitlines()) == 2
    assert not [c for c in table if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"]
