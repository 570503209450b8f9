"""The simulation of the error rates judges as the tool does."""

import numpy as np
import pytest

from benchmarks.compare_power import SIDES, check, draw, named, p_values


@pytest.mark.parametrize("runs", SIDES)
@pytest.mark.parametrize("factor", [1.0, 1.5])
@pytest.mark.parametrize("cell", [("lognormal", 0.10, 0.04, 3), ("stragglers", 0.05, 0.12, 4)])
def test_the_vectorised_rule_is_the_tools(
    runs: tuple[int, int], factor: float, cell: tuple[str, float, float, int]
) -> None:
    random = np.random.default_rng(7)
    reference, candidate = (draw(random, cell, count, 6) for count in runs)
    candidate = candidate * factor
    check(reference, candidate, named(p_values(reference, candidate)), count=6)


def test_a_difference_ends_the_simulation() -> None:
    random = np.random.default_rng(7)
    reference, candidate = (draw(random, ("lognormal", 0.05, 0.02, 3), 5, 1) for _ in range(2))
    told = named(p_values(reference, candidate))
    with pytest.raises(SystemExit, match="the tool says"):
        check(reference, candidate * 3, told, count=1)
