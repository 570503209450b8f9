"""Several models beside each other."""

import pytest

from ollama_bench.render.table import render_table
from orchestrator.columns import cells
from tests.examples import example_plan, example_result, the_example_of_the_design


def test_a_row_a_model_under_one_header() -> None:
    other = example_result([], example_plan("a-model-with-a-longer-name:1b"))

    assert render_table([the_example_of_the_design(), other]) == (
        "model                          warm s  real s  tok/s  peak MB  quality      measured  verdict\n"
        "llama3.2:1b                    0.31    2.84    41.2   1873     3/3 3/3 2/3  VALID     keep small\n"
        "a-model-with-a-longer-name:1b  n/a     n/a     n/a    n/a      n/a n/a n/a  DOUBTFUL  inconclusive\n"
    )


LONG, WIDE = "hf.co/someone/A-Model-With-A-Very-Long-Name-1B-Instruct-GGUF:Q4_K_M", "模型模型模型模型模型:1b"
AT_79_CELLS = """\
model                 warm s  real s  tok/s  peak MB  quality      verdict
llama3.2:1b           0.31    2.84    41.2   1873     3/3 3/3 2/3  keep small
hf.co/some…UF:Q4_K_M  n/a     n/a     n/a    n/a      n/a n/a n/a  inconclusive
模型模型模…型模型:1b  n/a     n/a     n/a    n/a      n/a n/a n/a  inconclusive
(no room for measured)
"""
AT_30_CELLS = """\
model      tok/s  verdict
llam…2:1b  41.2   keep small
hf.c…_K_M  n/a    inconclusive
模型…:1b   n/a    inconclusive
(no room for warm s, real s,
peak MB, quality, measured)
"""


def three_models(room: int | None) -> str:
    return render_table(
        [the_example_of_the_design(), *(example_result([], example_plan(name)) for name in (LONG, WIDE))], room
    )


@pytest.mark.parametrize(("room", "table"), [(79, AT_79_CELLS), (30, AT_30_CELLS)])
def test_it_fits_the_terminal_and_says_what_it_had_no_room_for(room: int, table: str) -> None:
    assert three_models(room) == table


def test_it_is_never_wider_than_the_terminal() -> None:
    for room in range(30, 140):
        assert max(map(cells, three_models(room).splitlines())) <= room


def test_names_and_columns_are_whole_where_there_is_no_terminal() -> None:
    table = three_models(None)

    assert table.splitlines()[0].split("  ")[0].strip() == "model"
    assert LONG in table
    assert "measured" in table
    assert "…" not in table
