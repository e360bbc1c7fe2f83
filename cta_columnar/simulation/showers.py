"""Air showers: the primary particle, and all that makes Cherenkov light.

Each shower is a function of (settings, its number) alone. Frame: x north, y west, z up
from the observation level, in m; the core of the shower is its origin.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.atmosphere import height_of
from cta_columnar.kernels.simulation.branches import branches_of
from cta_columnar.kernels.simulation.cascade import cascade
from cta_columnar.kernels.simulation.draws import PRIMARY, State, new_stream, uniform
from cta_columnar.kernels.simulation.electromagnetic import SUBSHOWER
from cta_columnar.kernels.simulation.hadrons import MUON_MASS
from cta_columnar.kernels.simulation.segments import segments_of
from cta_columnar.kernels.simulation.tracks import TRACK
from cta_columnar.kernels.simulation.truth import charged_on_tracks, depth_of_maximum
from cta_columnar.simulation.emission_table import emission_of
from cta_columnar.simulation.primaries import (
    PRIMARY_ID,
    ShowerSettings,
    draw_direction,
    draw_energy,
    unit_vector,
)

__all__ = [
    "MIRRORS_AROUND",
    "PRIMARY_ID",
    "Shower",
    "ShowerSettings",
    "core_near",
    "core_position",
    "make_shower",
    "unit_vector",
]

F8 = NDArray[np.float64]

MUON_START = 1000.0
"""Height above the observation level where a lone muon begins, m."""
MIRRORS_AROUND = 1.2
"""Largest distance of a lone muon from the middle of a mirror, in radii of it."""


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
    energy = draw_energy(uniform(state), settings)
    alt, az = draw_direction(uniform(state), uniform(state), settings)
    source = unit_vector(alt, az)
    starts, tracks, first = _products(state, settings, energy, source)
    air, physics = settings.atmosphere.air, settings.physics
    sin2 = emission_of(settings).sin2
    segments, counts, _ = segments_of(
        state, starts, source, air, sin2, physics.xmax_width, physics.step
    )
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
    """Draw a core whose particle passes by a mirror: for lone muons.

    Parameters
    ----------
    settings, shower, use
        As `core_position`.
    positions : float64[t, 3]
        Telescopes; each is as likely.
    radii : float64[t]
        Of their mirrors; `MIRRORS_AROUND` of them is the largest distance.
    """
    state = _core_stream(settings, shower, use)
    chosen = min(int(uniform(state) * len(positions)), len(positions) - 1)
    radius = MIRRORS_AROUND * float(radii[chosen]) * math.sqrt(uniform(state))
    offset = _projected(radius, 2.0 * math.pi * uniform(state), shower)
    x, y, z = positions[chosen]
    down = z / shower.source[2]
    return np.asarray([x, y] - down * shower.source[:2] + offset)


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


def _products(
    state: State, settings: ShowerSettings, energy: float, source: F8
) -> tuple[F8, F8, float]:
    """Sub-showers, tracks and height of the first interaction."""
    gev = 1e3 * energy
    air = settings.atmosphere.air
    if settings.particle in ("gamma", "electron"):
        physics = settings.physics
        showers, first = branches_of(
            state, gev, settings.particle == "electron", source, air,
            physics.branching, physics.thin_branches, np.array(settings.field),
        )  # fmt: skip
        return showers, np.empty((0, len(TRACK))), first
    if settings.particle == "muon":
        place = source * MUON_START / source[2]
        length = MUON_START / source[2]
        track = [*place, *source, length, gev, MUON_MASS, 1.0, 0.0]
        return np.empty((0, len(SUBSHOWER))), np.array([track]), MUON_START
    nucleons = max(PRIMARY_ID[settings.particle] // 100, 1)
    made = cascade(state, nucleons, gev, source, air, settings.physics.thinning)
    return made.showers, made.tracks, made.first
