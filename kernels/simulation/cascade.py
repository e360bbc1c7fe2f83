"""Showers of hadrons: a cascade of collisions and decays.

The cascade ends in electromagnetic sub-showers and tracks. Particles below a share of
the primary energy are thinned: most are dropped, and those kept stand for the others
(A. M. Hillas, Nucl. Phys. B Proc. Suppl. 52B (1997) 29). Frame, directions and columns
are those of `electromagnetic` and `tracks`.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height, height_of
from cta_columnar.kernels.simulation.decays import (
    PARTICLE,
    PHOTON_CUT,
    STEEPEST,
    muons_of,
    photons_of,
    set_track,
    turn,
)
from cta_columnar.kernels.simulation.draws import State, exponential, uniform
from cta_columnar.kernels.simulation.electromagnetic import SUBSHOWER, detour
from cta_columnar.kernels.simulation.hadrons import (
    KAON,
    MUON,
    NEUTRAL_KAON,
    NEUTRON,
    PHOTON,
    PION,
    PROTON,
    decay_length,
    interaction_length,
    leading_kind,
    leading_share,
    mass_of,
    secondary_kind,
    secondary_share,
    transverse_momentum,
)
from cta_columnar.kernels.simulation.tracks import TRACK

F8 = NDArray[np.float64]

HADRON_CUT = 4.0
"""Mesons below it decay to muons without light, nucleons make no energetic pions."""

# Kaons to muons, of charged ones; the rest of the decays is left to pions.
_KAON_TO_MUON = 0.64
_MUON_LEAST_SHARE = (0.573, 0.046)
_DECAY_PT = 0.02
_LOST = 0.7
_MOST_SECONDARIES = 400


class Products(NamedTuple):
    """What a cascade ends in.

    Attributes
    ----------
    showers : float64[n, 10]
        Columns of `SUBSHOWER`.
    tracks : float64[m, 11]
        Columns of `TRACK`.
    first : float
        Height of the first interaction above the observer, m; 0 without one.
    """

    showers: F8
    tracks: F8
    first: float


@njit
def cascade(
    state: State,
    nucleons: int,
    energy: float,
    source: F8,
    air: Air,
    thinning: float,
) -> Products:
    """Follow the shower of a nucleus to its end.

    Parameters
    ----------
    state : State
        Random numbers.
    nucleons : int
        In the primary: 1 for a proton. They are followed one by one (superposition),
        from one first interaction on.
    energy : float
        Of the primary, GeV.
    source : float64[3]
        Its direction.
    air : Air
        Atmosphere.
    thinning : float
        Particles below this share of the primary's energy are thinned.

    Returns
    -------
    products : Products
        Empty where the primary met no air.
    """
    showers, n_showers = np.empty((64, len(SUBSHOWER))), 0
    tracks, n_tracks = np.empty((64, len(TRACK))), 0
    stack = np.zeros((1024, len(PARTICLE)))
    ground = at_height(air.thickness, air.step, air.observer)
    length = interaction_length(PROTON, energy / nucleons) / math.sqrt(nucleons)
    depth = length * exponential(state) * source[2]
    if depth >= ground:
        return Products(showers[:0].copy(), tracks[:0].copy(), 0.0)
    first = height_of(air, depth) - air.observer
    n = _primaries(stack, nucleons, energy, source, first)
    fresh = n
    while n > 0:
        n -= 1
        particle = stack[n].copy()
        if n + _MOST_SECONDARIES + 8 > len(stack):
            stack = np.concatenate((stack, np.empty_like(stack)))
        if n_showers + 2 > len(showers):
            showers = np.concatenate((showers, np.empty_like(showers)))
        if n_tracks + 64 > len(tracks):
            tracks = np.concatenate((tracks, np.empty_like(tracks)))
        kind = int(particle[0])
        if kind == PHOTON:
            n_showers = photons_of(state, particle, showers, n_showers)
        elif kind == MUON:
            n_tracks = muons_of(state, particle, air, ground, tracks, n_tracks)
        elif n < fresh:
            # Nucleons of the primary are where they interact already.
            fresh = n
            n = _collide(state, particle, stack, n, thinning * energy)
        else:
            n, n_tracks = _travel(
                state, particle, source, air, ground, stack, n, thinning * energy,
                tracks, n_tracks,
            )  # fmt: skip
    return Products(showers[:n_showers].copy(), tracks[:n_tracks].copy(), first)


@njit
def _primaries(
    stack: F8, nucleons: int, energy: float, source: F8, first: float
) -> int:
    for i in range(nucleons):
        stack[i, 0] = PROTON if i % 2 == 0 else NEUTRON
        stack[i, 1], stack[i, 2] = energy / nucleons, 1.0
        for axis in range(3):
            stack[i, 3 + axis] = first / source[2] * source[axis]
            stack[i, 6 + axis] = source[axis]
    return nucleons


@njit
def _travel(
    state: State,
    particle: F8,
    source: F8,
    air: Air,
    ground: float,
    stack: F8,
    n: int,
    thin_below: float,
    tracks: F8,
    n_tracks: int,
) -> tuple[int, int]:
    """Move a hadron to its decay or collision, whichever comes first."""
    kind, energy, uz = int(particle[0]), particle[1], particle[8]
    start = at_height(air.thickness, air.step, air.observer + particle[5])
    depth = start + interaction_length(kind, energy) * exponential(state) * uz
    length = particle[5] / uz
    if depth < ground:
        length = (air.observer + particle[5] - height_of(air, depth)) / uz
    decay = decay_length(kind, energy) * exponential(state)
    if kind not in (NEUTRON, NEUTRAL_KAON):
        set_track(tracks[n_tracks], particle, min(length, decay), mass_of(kind))
        n_tracks += 1
    if decay < length:
        _move(particle, decay, source)
        return _decay(state, particle, stack, n), n_tracks
    if depth >= ground:
        return n, n_tracks
    _move(particle, length, source)
    return _collide(state, particle, stack, n, thin_below), n_tracks


@lean
def _move(particle: F8, length: float, source: F8) -> None:
    particle[9] += length * detour(particle[6:9], source)
    for axis in range(3):
        particle[3 + axis] -= length * particle[6 + axis]


@njit
def _decay(state: State, particle: F8, stack: F8, n: int) -> int:
    """Decay a charged meson: to a muon, or a kaon to pions."""
    energy, is_kaon = particle[1], particle[0] == KAON
    if is_kaon and uniform(state) > _KAON_TO_MUON:
        share = uniform(state)
        n = _add(state, particle, PION, share * energy, 0.2, 1.0, stack, n)
        return _add(state, particle, PHOTON, (1 - share) * energy, 0.2, 1.0, stack, n)
    least = _MUON_LEAST_SHARE[1 if is_kaon else 0]
    share = least + (1.0 - least) * uniform(state)
    pt = 0.1 if is_kaon else _DECAY_PT
    return _add(state, particle, MUON, share * energy, pt, 1.0, stack, n)


@njit
def _collide(state: State, particle: F8, stack: F8, n: int, thin_below: float) -> int:
    """Let a hadron collide with air; what comes out goes on the stack."""
    kind, energy = int(particle[0]), particle[1]
    share = leading_share(state, kind)
    what = leading_kind(state, kind)
    pt = transverse_momentum(state, what)
    n = _add(state, particle, what, share * energy, pt, thin_below, stack, n)
    left = (1.0 - share) * energy
    for order in range(_MOST_SECONDARIES):
        if left < _LOST:
            break
        taken = left * secondary_share(state, order)
        left -= taken
        what = secondary_kind(state)
        if taken > (PHOTON_CUT if what == PHOTON else HADRON_CUT):
            pt = transverse_momentum(state, what)
            n = _add(state, particle, what, taken, pt, thin_below, stack, n)
    return n


@njit
def _add(
    state: State,
    parent: F8,
    kind: int,
    energy: float,
    pt: float,
    thin_below: float,
    stack: F8,
    n: int,
) -> int:
    """Put a particle on the stack, unless it is too slow, too steep or thinned out."""
    if energy < (PHOTON_CUT if kind == PHOTON else HADRON_CUT):
        return n
    weight = parent[2]
    if energy < thin_below:
        chance = energy / thin_below
        if uniform(state) > chance:
            return n
        weight /= chance
    phi = 2.0 * math.pi * uniform(state)
    tilt = pt / energy
    row = stack[n]
    for column in range(len(PARTICLE)):
        row[column] = parent[column]
    row[0], row[1], row[2] = kind, energy, weight
    turn(row[6:9], tilt * math.cos(phi), tilt * math.sin(phi))
    return n + 1 if row[8] > STEEPEST else n
