"""The physics of grain coarsening: hand-computed energies and grains, and what zero temperature means."""

from collections import deque
from itertools import product

import numpy as np
import pytest

from services.materials_service.potts import (
    ORIENTATIONS,
    Lattice,
    boundary_energy,
    coarsen,
    flip,
    grain_count,
)


def one_flipped(side: int) -> Lattice:
    lattice = np.zeros((side, side, side), dtype=np.int64)
    lattice[1, 1, 1] = 1
    return lattice


def layers(*orientations: int, side: int = 4) -> Lattice:
    """A slab of each orientation, one site thick."""
    return np.repeat(np.array(orientations), side * side).reshape(len(orientations), side, side)


def grains_by_search(lattice: Lattice) -> int:
    """The same count by a search from site to site."""
    seen = np.zeros(lattice.shape, dtype=bool)
    grains = 0
    for start in product(*map(range, lattice.shape)):
        if seen[start]:
            continue
        grains += 1
        seen[start] = True
        pending = deque([start])
        while pending:
            site = pending.popleft()
            for axis, step in product(range(3), (1, -1)):
                near = list(site)
                near[axis] = (near[axis] + step) % lattice.shape[axis]
                place = (near[0], near[1], near[2])
                if not seen[place] and lattice[place] == lattice[start]:
                    seen[place] = True
                    pending.append(place)
    return grains


@pytest.mark.parametrize(
    ("lattice", "energy", "grains"),
    [
        (np.zeros((3, 4, 5), dtype=np.int64), 0, 1),
        (one_flipped(4), 6, 2),  # six faces
        (layers(0, 0, 1, 1), 32, 2),  # two faces of 16: the lattice is periodic
        (layers(0, 1, 2, 0), 48, 3),  # the first and the last slab are one grain, across the edge
        (layers(0, 1, 0, 1), 64, 4),
        (np.arange(27).reshape(3, 3, 3), 81, 27),  # all unlike: three bonds a site
        (layers(0, 1, side=2), 8, 2),  # a side of 2 has its bonds twice
    ],
)
def test_energy_and_grains_by_hand(lattice: Lattice, energy: int, grains: int) -> None:
    assert boundary_energy(lattice) == energy
    assert grain_count(lattice) == grains


def test_a_grain_that_winds_through_the_whole_lattice_is_one() -> None:
    lattice = np.zeros((2, 16, 16), dtype=np.int64)
    lattice[0] = np.arange(1, 257).reshape(16, 16)
    for row in range(0, 16, 2):  # a serpent: each second row, joined at alternating ends
        lattice[0, row] = 999
        lattice[0, row + 1, 0 if row % 4 else 8] = 999

    assert grain_count(lattice) == grains_by_search(lattice)


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 3, 5), (6, 6, 6), (9, 4, 7)])
@pytest.mark.parametrize("orientations", [2, 3, 8])
def test_grains_are_those_that_a_search_finds(shape: tuple[int, int, int], orientations: int) -> None:
    lattice = np.random.default_rng(3).integers(orientations, size=shape)

    assert grain_count(lattice) == grains_by_search(lattice)


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 5, 3), (6, 6, 6)])
def test_the_energy_never_rises(shape: tuple[int, int, int]) -> None:
    random = np.random.default_rng(11)
    lattice = random.integers(5, size=shape)
    fell = 0
    for _ in range(1500):
        after = flip(lattice, 1, random)
        changed = np.argwhere(after != lattice)
        assert len(changed) <= 1, "an attempt is at one site"
        assert boundary_energy(after) <= boundary_energy(lattice)
        fell += boundary_energy(after) < boundary_energy(lattice)
        lattice = after
    assert fell > 0


def test_a_flip_takes_a_neighbours_orientation() -> None:
    """A lone site between like neighbours gives way; nothing else can change."""
    after = flip(one_flipped(4), 20_000, np.random.default_rng(0))

    assert not after.any()


def test_flips_that_leave_the_energy_as_it_is_are_taken() -> None:
    """A step on a flat boundary wanders at no cost: at zero temperature Metropolis accepts an equal energy."""
    lattice = layers(0, 0, 0, 1, 1, 1, side=6)
    lattice[3, :3] = 0
    lattice[3, 3, :3] = 0  # the kink, where three neighbours are alike and three are not
    after = flip(lattice, 5000, np.random.default_rng(2))

    assert boundary_energy(after) <= boundary_energy(lattice)
    assert (after != lattice).any()


def test_flat_boundaries_stay() -> None:
    """Every flip on a flat wall costs energy: five neighbours of six are alike."""
    lattice = layers(0, 0, 1, 1)

    assert (flip(lattice, 20_000, np.random.default_rng(4)) == lattice).all()


def test_grains_coarsen() -> None:
    found = coarsen((16, 16, 16), 100_000, seed=1)

    assert found.grain_count_after < found.grain_count_before / 10
    assert found.boundary_energy_after < found.boundary_energy_before / 2


def test_the_start_is_random_orientations() -> None:
    """Two neighbours are unlike with probability 1 - 1/Q: four standard deviations of that many bonds."""
    bonds = 3 * 32**3
    expected = bonds * (1 - 1 / ORIENTATIONS)
    found = coarsen((32, 32, 32), 0, seed=5)

    assert abs(found.boundary_energy_before - expected) < 4 * (bonds * (1 / ORIENTATIONS)) ** 0.5
    assert found.boundary_energy_after == found.boundary_energy_before
    assert found.grain_count_after == found.grain_count_before


def test_the_seed_is_the_whole_of_chance() -> None:
    first, again, other = (coarsen((8, 8, 8), 70_000, seed) for seed in (5, 5, 6))

    assert first == again
    assert first != other


def test_the_lattice_that_was_given_is_left_alone() -> None:
    lattice = one_flipped(4)
    flip(lattice, 1000, np.random.default_rng(0))

    assert lattice.sum() == 1
