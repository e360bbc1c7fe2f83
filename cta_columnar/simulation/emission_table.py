"""Table of Cherenkov emission of a run, made once in each process."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cta_columnar.kernels.simulation.emission import Emission, Spread, emission_table
from cta_columnar.simulation.atmosphere import Atmosphere


@dataclass(frozen=True)
class Physics:
    """Numbers of the shower model.

    Attributes
    ----------
    path, path_sigma : float
        Over how many radiation lengths an electron has come at its angle: median, and
        width of the logarithm.
    halo, halo_path : float
        Share of electrons that have come further, and how far.
    xmax_width : float
        Spread of the depth of maximum at one energy, radiation lengths.
    step : float
        Length of the segments of showers, g/cm2.
    branching, thin_branches : float
        Share of the energy of a gamma or electron above which its descendants are
        followed one by one, and below which they are thinned.
    thinning : float
        Hadrons below this share of the primary energy are thinned.
    electrons, samples : int
        Size of the table of emission.
    """

    path: float = 1.0
    path_sigma: float = 1.0
    halo: float = 0.3
    halo_path: float = 4.0
    xmax_width: float = 1.0
    step: float = 24.0
    branching: float = 0.06
    thin_branches: float = 0.01
    thinning: float = 3e-3
    electrons: int = 8000
    samples: int = 128


STANDARD = Physics()


class HasEmission(Protocol):
    """What the table depends on."""

    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def run(self) -> int: ...  # noqa: D102
    @property
    def alt(self) -> float: ...  # noqa: D102
    @property
    def atmosphere(self) -> Atmosphere: ...  # noqa: D102
    @property
    def physics(self) -> Physics: ...  # noqa: D102


def emission_of(settings: HasEmission) -> Emission:
    """Table of emission for these settings; made when first asked for."""
    return _made(
        settings.seed, settings.run, settings.atmosphere, settings.alt, settings.physics
    )


@lru_cache(maxsize=2)
def _made(
    seed: int, run: int, atmosphere: Atmosphere, alt: float, physics: Physics
) -> Emission:
    spread = Spread(physics.path, physics.path_sigma, physics.halo, physics.halo_path)
    return emission_table(
        seed, run, atmosphere.air, math.sin(alt), spread,
        physics.electrons, physics.samples,
    )  # fmt: skip
