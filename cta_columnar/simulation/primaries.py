"""Primary particles: which ones to make, their energies and directions."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.simulation.atmosphere import Atmosphere
from cta_columnar.simulation.emission_table import STANDARD, Physics

F8 = NDArray[np.float64]

Particle = Literal["gamma", "electron", "muon", "proton", "helium", "iron"]

PRIMARY_ID: dict[str, int] = {
    "gamma": 0,
    "electron": 1,
    "muon": 2,
    "proton": 101,
    "helium": 402,
    "iron": 5626,
}
"""Codes of particles in the files: 100 * nucleons + charge for nuclei."""


@dataclass(frozen=True, eq=False)
class ShowerSettings:
    """What showers to make.

    Attributes
    ----------
    seed, run : int
        Of the random numbers.
    particle : str
        A key of `PRIMARY_ID`.
    energy_range : float, float
        TeV.
    index : float
        Of the spectrum, ``dN/dE ~ E**index``.
    alt, az : float
        Direction that the showers come from, or the middle of their cone, rad.
    viewcone : float, float
        Inner and outer angle of the cone, deg; (0, 0) for a point source.
    atmosphere : Atmosphere
        Which also knows the observation level.
    n_use : int
        How often each shower is used, with cores of their own.
    scatter_radius : float
        Cores lie within it, across the shower axis, m.
    field : float, float, float
        Magnetic field of the Earth to the north, west and up, uT.
    physics : Physics
        How electrons spread, and how finely showers are cut.
    """

    seed: int
    run: int
    particle: Particle
    energy_range: tuple[float, float]
    index: float
    alt: float
    az: float
    viewcone: tuple[float, float]
    atmosphere: Atmosphere
    n_use: int = 1
    scatter_radius: float = 0.0
    field: tuple[float, float, float] = (0.0, 0.0, 0.0)
    physics: Physics = STANDARD

    def __post_init__(self) -> None:
        low, high = self.energy_range
        inner, outer = self.viewcone
        if self.particle not in PRIMARY_ID:
            hint = did_you_mean(self.particle, PRIMARY_ID)
            raise UserError(f"no particle {self.particle!r}: {hint}")
        if not 0 < low <= high < math.inf:
            raise UserError(
                f"energies from {low:g} to {high:g} TeV: need 0 < low <= high"
            )
        if not 0 <= inner <= outer <= 30:
            raise UserError(
                f"a view cone from {inner:g} to {outer:g} deg: need 0 to 30"
            )
        if not 30 - 1e-9 <= math.degrees(self.alt) <= 90 + 1e-9:
            raise UserError(
                f"showers from {math.degrees(self.alt):g} deg altitude: the air may be "
                "taken as flat from 30 to 90 deg"
            )
        if not 1 <= self.n_use <= 100:
            raise UserError(f"{self.n_use} uses of a shower: event ids allow 1 to 100")
        if not 0 <= self.scatter_radius < math.inf:
            raise UserError(f"cores within {self.scatter_radius:g} m: need 0 or more")


def unit_vector(alt: float, az: float) -> F8:
    """Direction of (alt, az): x north, y west, z up."""
    return np.array(
        [
            math.cos(alt) * math.cos(az),
            -math.cos(alt) * math.sin(az),
            math.sin(alt),
        ]
    )


def draw_energy(u: float, settings: ShowerSettings) -> float:
    """Return the energy in TeV at a uniform number."""
    low, high = settings.energy_range
    slope = 1.0 + settings.index
    if abs(slope) < 1e-9:
        return float(low * (high / low) ** u)
    # Written so that neither end can be overstepped by rounding.
    energy = (low**slope + u * (high**slope - low**slope)) ** (1.0 / slope)
    return float(min(max(energy, low), high))


def draw_direction(u: float, v: float, settings: ShowerSettings) -> tuple[float, float]:
    """Return (alt, az) at two uniform numbers, even in solid angle within the cone."""
    inner, outer = (math.cos(math.radians(edge)) for edge in settings.viewcone)
    if outer == 1.0:
        return settings.alt, settings.az
    cosine = inner + u * (outer - inner)
    sine, phi = math.sqrt(max(1.0 - cosine**2, 0.0)), 2.0 * math.pi * v
    axis = unit_vector(settings.alt, settings.az)
    up = unit_vector(settings.alt + 0.5 * math.pi, settings.az)
    side = np.cross(axis, up)
    x, y, z = cosine * axis + sine * (math.cos(phi) * up + math.sin(phi) * side)
    return math.asin(min(z, 1.0)), math.atan2(-y, x) % (2.0 * math.pi)
