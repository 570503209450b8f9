import numpy as np
import pytest

from benchmarks.gate_power import NOISES, check, draw, gate, scaled


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("drift", [0.0, 0.04, 0.12])
@pytest.mark.parametrize(("slowdown", "first"), [(1.0, 20), (1.1, 20), (1.2, 20), (1.1, 30)])
def test_what_the_simulation_judges_is_what_judge_says(noise: str, drift: float, slowdown: float, first: int) -> None:
    baseline, candidate = draw(np.random.default_rng(7), noise, 0.10, drift, trials=40, first=first)
    candidate = scaled(candidate, slowdown)
    check(baseline, candidate, gate(baseline, candidate), count=40)


def test_a_difference_ends_the_simulation() -> None:
    baseline, candidate = draw(np.random.default_rng(7), "lognormal", 0.05, 0.0, trials=1)
    with pytest.raises(SystemExit, match="judge says fail"):
        check(baseline, scaled(candidate, 2.0), np.array([0]), count=1)
