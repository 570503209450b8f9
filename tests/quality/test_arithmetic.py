import pytest

from ollama_bench.quality.arithmetic import evaluate, find_equations
from ollama_bench.quality.figures import read_figures


@pytest.mark.parametrize(
    ("sum_", "value"),
    [
        ("3 + 2 - 1", 4),
        ("( 3 + 2 ) - 1", 4),
        ("3 - ( 2 - 1 )", 2),
        ("3 + 2 * 2", 7),
        ("6 / 0", None),
        ("- 1 + 5", 4),
        ("3 - 2 - 1", 0),
        ("8 / 2 / 2", 2),
        ("( 3 + 2", 5),
        ("3 +", None),
        (") 3", None),
    ],
)
def test_evaluate(sum_, value):
    assert evaluate(sum_.split()) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 + 2 = 5, 5 - 1 = 4.", [(True, 5), (True, 4)]),
        ("3 + 2 = 5 - 1 = 4", [(True, 4)]),
        ("3 + 2 = 6, 6 - 1 = 5", [(False, 6), (True, 5)]),
        ("three plus two is five", [(True, 5)]),
        ("3 apples + 2 apples = 5 apples", [(True, 5)]),
        ("3 (initial) + 2 (bought) − 1 (eaten) = **4**", [(True, 4)]),
        (r"\(3 + 2 - 1 = 4\)", [(True, 4)]),
        (r"$3 \times 2 = 7$", [(False, 7)]),
        ("4 = 3 + 2 - 1", [(True, 4)]),
        ("3 + 2 = 5. Then - 1 = 4", [(True, 5), (True, 4)]),
        ("3\xa0+\xa02\xa0=\xa05", [(True, 5)]),
        ("You have 3 apples, buy 2, eat 1.", []),
        ("1. First\n2. Then 3 + 2 = 5", [(True, 5)]),
    ],
)
def test_find_equations(text, found):
    assert [(e.true, e.result) for e in find_equations(read_figures(text))] == found


def test_places_are_those_of_the_text():
    text = "So \\(3 + 2 = 6\\), **four** left."
    figures = read_figures(text)
    assert text[slice(*find_equations(figures)[0].span)] == "3 + 2 = 6"
    assert text[slice(*figures.places[figures.tokens.index("4")])] == "four"
