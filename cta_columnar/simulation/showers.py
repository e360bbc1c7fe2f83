"""Air showers: the primary particle, and all that makes Cherenkov light.

Each shower is a function of (settings, its number) alone. Frame: x north, y west, z up
from the observation level, in m; the core of the shower is its origin.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.kernels.simulation.atmosphere import height_of
from cta_columnar.kernels.simulation.cascade import cascade
from cta_columnar.kernels.simulation.draws import PRIMARY, State, new_stream, uniform
from cta_columnar.kernels.simulation.electromagnetic import (
    LEVEL_STEP,
    SUBSHOWER,
    segments_of,
)
from cta_columnar.kernels.simulation.hadrons import MUON_MASS
from cta_columnar.kernels.simulation.tracks import TRACK
from cta_columnar.kernels.simulation.truth import charged_on_tracks, depth_of_maximum
from cta_columnar.simulation.atmosphere import Atmosphere
from cta_columnar.simulation.emission_table import Physics, emission_of

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

MUON_START = 1000.0
"""Height above the observation level where a lone muon begins, m."""


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
    physics: Physics = field(default_factory=lambda: Physics())

    def __post_init__(self) -> None:
        low, high = self.energy_range
        inner, outer = self.viewcone
        if self.particle not in PRIMARY_ID:
            hint = did_you_mean(self.particle, PRIMARY_ID)
            raise UserError(f"no particle {self.particle!r}: {hint}")
        if not 0 < low <= high < math.inf:
            raise UserError(f"energies from {low:g} to {high:g} TeV: need 0 < low <= high")
        if not 0 <= inner <= outer <= 30:
            raise UserError(f"a view cone from {inner:g} to {outer:g} deg: need 0 to 30")
        if not 30 - 1e-9 <= math.degrees(self.alt) <= 90 + 1e-9:
            raise UserError(
                f"showers from an altitude of {math.degrees(self.alt):g} deg: from 30 to "
                "90 deg the air may be taken as flat"
            )
        if not 1 <= self.n_use <= 100:
            raise UserError(f"{self.n_use} uses of a shower: event ids allow 1 to 100")
        if not 0 <= self.scatter_radius < math.inf:
            raise UserError(f"cores within {self.scatter_radius:g} m: need 0 or more")


@dataclass(frozen=True, eq=False)
class Shower:
    """One shower.

    Attributes
    ----------
    shower_id, primary_id : int
        Its number, from 1; code of the primary particle in the files.
    energy : float
        TeV.
    alt, az : float
        Direction it comes from, rad.
    source : float64[3]
        The same as a unit vector.
    x_first, h_first_int : float
        First interaction: depth straight down in g/cm2, height above the sea in m.
    x_max, h_max : float
        The same for most electrons; 0 without any.
    profile : float32[3, 42]
        Charged particles, electrons, and Cherenkov photons (300 to 600 nm) per step of
        20 g/cm2 straight down from the top.
    segments, tracks : float64[n, 10], float64[m, 11]
        Sources of light; columns of `SEGMENT` and `TRACK` in the kernels.
    """

    shower_id: int
    primary_id: int
    energy: float
    alt: float
    az: float
    source: F8
    x_first: float
    h_first_int: float
    x_max: float
    h_max: float
    profile: NDArray[np.float32]
    segments: F8
    tracks: F8


def make_shower(settings: ShowerSettings, shower_id: int) -> Shower:
    """Make the shower with this number."""
    state = new_stream(settings.seed, settings.run, PRIMARY, 0, shower_id)
    energy = _energy(uniform(state), settings)
    alt, az = _direction(uniform(state), uniform(state), settings)
    source = unit_vector(alt, az)
    starts, tracks, first = _products(state, settings, energy, source)
    air, physics = settings.atmosphere.air, settings.physics
    sin2 = emission_of(settings).sin2
    segments, counts, started = segments_of(
        state, starts, source, air, sin2, physics.xmax_width, physics.step
    )
    if settings.particle in ("gamma", "electron"):
        first = started
    x_max = depth_of_maximum(counts[0])
    charged = counts[0] + charged_on_tracks(tracks, air)
    h_first = air.observer + first
    return Shower(
        shower_id=shower_id,
        primary_id=PRIMARY_ID[settings.particle],
        energy=energy,
        alt=alt,
        az=az,
        source=source,
        x_first=float(settings.atmosphere.thickness(h_first)),
        h_first_int=h_first,
        x_max=x_max,
        h_max=float(height_of(air, x_max)) if x_max > 0 else 0.0,
        profile=np.vstack([charged, counts]).astype(np.float32),
        segments=segments,
        tracks=tracks,
    )


def core_position(settings: ShowerSettings, shower: Shower, use: int) -> F8:
    """Draw where a use of the shower hits the ground, (x, y) in m.

    Even within a disc across the shower axis, projected along it.
    """
    state = _core_stream(settings, shower, use)
    radius = settings.scatter_radius * math.sqrt(uniform(state))
    return _projected(radius, 2.0 * math.pi * uniform(state), shower)


def core_near(
    settings: ShowerSettings, shower: Shower, use: int, positions: F8, radii: F8
) -> F8:
    """Draw a core whose particle passes within 1.2 radii of a mirror: for lone muons.

    Parameters
    ----------
    settings, shower, use
        As `core_position`.
    positions : float64[t, 3]
        Telescopes; each is as likely.
    radii : float64[t]
        Of their mirrors.
    """
    state = _core_stream(settings, shower, use)
    chosen = min(int(uniform(state) * len(positions)), len(positions) - 1)
    radius = 1.2 * float(radii[chosen]) * math.sqrt(uniform(state))
    offset = _projected(radius, 2.0 * math.pi * uniform(state), shower)
    x, y, z = positions[chosen]
    down = z / shower.source[2]
    return np.array([x, y]) - down * shower.source[:2] + offset


def unit_vector(alt: float, az: float) -> F8:
    """Direction of (alt, az): x north, y west, z up."""
    return np.array(
        [
            math.cos(alt) * math.cos(az),
            -math.cos(alt) * math.sin(az),
            math.sin(alt),
        ]
    )


def _core_stream(settings: ShowerSettings, shower: Shower, use: int) -> State:
    # Use 0 of the stream is the cascade.
    return new_stream(
        settings.seed, settings.run, PRIMARY, use + 1, shower.shower_id
    )  # fmt: skip


def _projected(radius: float, phi: float, shower: Shower) -> F8:
    """Point of a disc across the axis, projected to the ground along it."""
    along, across = radius * math.cos(phi) / shower.source[2], radius * math.sin(phi)
    cos, sin = math.cos(shower.az), -math.sin(shower.az)
    return np.array([along * cos - across * sin, along * sin + across * cos])


def _energy(u: float, settings: ShowerSettings) -> float:
    low, high = settings.energy_range
    slope = 1.0 + settings.index
    if abs(slope) < 1e-9:
        return low * (high / low) ** u
    # Written so that neither end can be overstepped by rounding.
    energy = (low**slope + u * (high**slope - low**slope)) ** (1.0 / slope)
    return min(max(energy, low), high)


def _direction(u: float, v: float, settings: ShowerSettings) -> tuple[float, float]:
    """Draw a direction, even in solid angle within the cone."""
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


def _products(
    state: State, settings: ShowerSettings, energy: float, source: F8
) -> tuple[F8, F8, float]:
    """Sub-showers, tracks and height of the first interaction."""
    gev = 1e3 * energy
    air = settings.atmosphere.air
    no_tracks = np.empty((0, len(TRACK)))
    if settings.particle in ("gamma", "electron"):
        top = 0.999 * air.step * (air.thickness.size - 1) - air.observer
        place = source * top / source[2]
        is_electron = float(settings.particle == "electron")
        start = np.array([[gev, 1.0, *place, *source, 0.0, is_electron]])
        return start, no_tracks, 0.0
    if settings.particle == "muon":
        place = source * MUON_START / source[2]
        length = MUON_START / source[2]
        track = [*place, *source, length, gev, MUON_MASS, 1.0, 0.0]
        return np.empty((0, len(SUBSHOWER))), np.array([track]), MUON_START
    nucleons = max(PRIMARY_ID[settings.particle] // 100, 1)
    made = cascade(state, nucleons, gev, source, air, settings.physics.thinning)
    return made.showers, made.tracks, made.first
