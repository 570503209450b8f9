"""Grain coarsening by the Potts model on a periodic three-dimensional lattice, at zero temperature.

A site holds one of Q orientations; a grain is a connected region of one orientation (sites meet at faces). The boundary
energy counts the pairs of nearest neighbours with unlike orientations. A flip is tried as Metropolis does at T = 0
(Metropolis et al., J. Chem. Phys. 21, 1087 (1953)): a random site, a random neighbour's orientation, accepted when
the energy does not rise. As a model of grain growth: Anderson, Srolovitz, Grest and Sahni, Acta Metall. 32, 783 (1984).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ORIENTATIONS = 32
LEAST_SIDE, MOST_SIDE = 2, 64
MOST_ATTEMPTS = 1_000_000

_STEPS = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
_CHUNK = 65_536

Lattice = NDArray[np.int64]
"""Orientations, of shape (x, y, z)."""


@dataclass(frozen=True)
class Coarsening:
    """A microstructure before and after."""

    grain_count_before: int
    grain_count_after: int
    boundary_energy_before: int
    boundary_energy_after: int


def coarsen(grid: tuple[int, int, int], num_flip_attempts: int, seed: int) -> Coarsening:
    """Start from random orientations of shape `grid` and try so many flips. The same arguments give the same result."""
    random = np.random.default_rng(seed)
    before = random.integers(ORIENTATIONS, size=grid)
    after = flip(before, num_flip_attempts, random)
    return Coarsening(grain_count(before), grain_count(after), boundary_energy(before), boundary_energy(after))


def flip(lattice: Lattice, attempts: int, random: np.random.Generator) -> Lattice:
    """A copy of `lattice` after so many attempts. The energy never rises.

    A side of 2 makes its two neighbours one site, whose bond counts twice, here as in `boundary_energy`.
    """
    around = _neighbours(lattice.shape)
    spins: list[int] = lattice.ravel().tolist()
    for start in range(0, attempts, _CHUNK):
        size = min(_CHUNK, attempts - start)
        sites = random.integers(len(spins), size=size)
        choices = random.integers(len(_STEPS), size=size)
        # site by site, since a flip changes what the next one sees: lists are faster than arrays at that
        for site, near, choice in zip(sites.tolist(), around[sites].tolist(), choices.tolist(), strict=True):
            old, new = spins[site], spins[near[choice]]
            if old != new:
                seen = [spins[neighbour] for neighbour in near]
                if seen.count(new) >= seen.count(old):
                    spins[site] = new
    return np.array(spins).reshape(lattice.shape)


def boundary_energy(lattice: Lattice) -> int:
    """Pairs of neighbours with unlike orientations; each site has one bond along each axis."""
    return sum(int(np.count_nonzero(lattice != np.roll(lattice, 1, axis))) for axis in range(3))


def grain_count(lattice: Lattice) -> int:
    """Connected regions: every site takes the lowest label that a like neighbour has, until nothing changes.

    A label is the place of a site of the same grain, so that following it (`labels[labels]`) halves what is left.
    """
    labels = np.arange(lattice.size).reshape(lattice.shape)
    while True:
        lowest = labels
        for axis in range(3):
            for step in (1, -1):
                alike = lattice == np.roll(lattice, step, axis)
                lowest = np.where(alike, np.minimum(lowest, np.roll(lowest, step, axis)), lowest)
        lowest = lowest.ravel()[lowest]
        if np.array_equal(lowest, labels):
            return len(np.unique(labels))
        labels = lowest


def _neighbours(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The flat places of the six neighbours of each site, of shape (sites, 6)."""
    places = np.arange(np.prod(shape)).reshape(shape)
    return np.stack([np.roll(places, step, axis=(0, 1, 2)).ravel() for step in _STEPS], axis=1)
