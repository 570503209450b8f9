import numpy as np
import pytest

from benchmarks.gate_power import NOISES, check, draw, gate


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("drift", [0.0, 0.04, 0.12])
@pytest.mark.parametrize("slowdown", [1.0, 1.1, 1.2])
def test_what_the_simulation_judges_is_what_judge_says(noise: str, drift: float, slowdown: float) -> None:
    baseline, candidate = draw(np.random.default_rng(7), noise, 0.10, drift, slowdown, trials=40)
    check(baseline, candidate, gate(baseline, candidate), count=40)


def test_a_difference_ends_the_simulation() -> None:
    baseline, candidate = draw(np.random.default_rng(7), "lognormal", 0.05, 0.0, 2.0, trials=1)
    with pytest.raises(SystemExit, match="judge says fail"):
        check(baseline, candidate, np.array([0]), count=1)
