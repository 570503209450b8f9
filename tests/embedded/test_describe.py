import pytest

from ollama_bench.embedded.describe import human_count


@pytest.mark.parametrize(
    ("count", "text"),
    [(512, "512"), (18_688, "19K"), (268_098_176, "268.10M"), (7 * 10**9, "7B"), (1_235_814_432, "1.2B")],
)
def test_counts_of_parameters_are_written_as_ollama_does(count: int, text: str) -> None:
    assert human_count(count) == text
