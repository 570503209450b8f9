import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bench.history.trend import BARS, MAX_MODELS, NO_BAR, sparkline, trend_lines
from orchestrator.columns import cells
from tests.history.documents import a_run

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([3.0], "▄"),
        ([2.0, 2.0, 2.0], "▄▄▄"),
        ([None, None], "··"),
        ([1.0, None, 2.0], "▁·█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7, 0], "█▁"),
        ([-1e308, 1e308], "▁█"),
        ([0.0, 5e-324], "▁▁"),
    ],
)
def test_a_bar_a_value(values: list[float | None], line: str) -> None:
    assert sparkline(values, 10) == line


def test_many_values_become_medians_of_neighbours() -> None:
    assert sparkline([0, 1, 2, 10, 11, 12, 90, 100, 110], 3) == "▁▂█"
    assert sparkline([None, None, 1, 2], 2) == "·▄"


@given(st.lists(st.none() | FINITE, max_size=200), st.integers(1, 40))
def test_a_line_is_never_longer_than_its_room(values: list[float | None], bars: int) -> None:
    line = sparkline(values, bars)

    assert len(line) == min(len(values), bars)
    assert set(line) <= set(BARS + NO_BAR)


def test_a_line_a_model_the_one_run_last_at_the_end() -> None:
    runs = [
        a_run(model="b:1b", real_tok_s=40.0, warm_latency_s=0.5),
        a_run(model="a:1b", started_at="2026-11-02T12:00:00.000000Z"),
        a_run(model="b:1b", started_at="2026-11-03T12:00:00.000000Z", real_tok_s=None, warm_latency_s=0.25),
    ]
    assert trend_lines(runs, None).splitlines() == [
        "trend  runs  tok/s  range  newest  warm s  range      newest",
        "a:1b      1  ▄      41.2     41.2  ▄       0.31         0.31",
        "b:1b      2  ▄·     40.0     40.0  █▁      0.25–0.50    0.25",
    ]


def test_a_model_that_nothing_is_known_of() -> None:
    assert trend_lines([a_run(real_tok_s=None, warm_latency_s=None)], None).splitlines()[1].split() == [
        *("llama3.2:1b", "1", "n/a", "n/a")
    ]


def test_runs_of_several_machines_are_told() -> None:
    assert trend_lines([a_run(), a_run(machine="another")], None).splitlines()[1].endswith("2 machines")
    assert trend_lines([a_run(), a_run(server="embedded 0.33.0")], None).splitlines()[1].endswith("2 machines")
    assert "machines" not in trend_lines([a_run(), a_run(server="ollama 0.34.0")], None)


def test_no_runs_no_trend() -> None:
    assert trend_lines([], 80) == ""


@pytest.mark.parametrize("letter", ["m", "漢"])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_the_trend_fits_the_width(width: int, letter: str) -> None:
    runs = [a_run(model=letter * 50, real_tok_s=float(number), warm_latency_s=number / 7) for number in range(100)]

    lines = trend_lines(runs, width).splitlines()
    assert max(map(cells, lines)) <= width
    assert lines[0].split().count("newest") == 2


def test_of_many_models_those_run_last_are_shown() -> None:
    lines = trend_lines([a_run(model=f"m{number}") for number in range(MAX_MODELS + 5)], None).splitlines()

    assert len(lines) == 1 + MAX_MODELS + 1
    assert lines[-1] == "… and 5 models run before them: --model shows theirs"
