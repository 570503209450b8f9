"""Several models beside each other."""

from ollama_bench.render.table import render_table
from tests.examples import example_plan, example_result, the_example_of_the_design


def test_a_row_a_model_under_one_header() -> None:
    other = example_result([], example_plan("a-model-with-a-longer-name:1b"))

    assert render_table([the_example_of_the_design(), other]) == (
        "model                          warm s  real s  tok/s  peak MB  quality      measured  verdict\n"
        "llama3.2:1b                    0.31    2.84    41.2   1873     3/3 3/3 2/3  VALID     keep small\n"
        "a-model-with-a-longer-name:1b  n/a     n/a     n/a    n/a      n/a n/a n/a  DOUBTFUL  inconclusive\n"
    )
