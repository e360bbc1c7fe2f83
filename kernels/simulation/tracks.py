"""Cherenkov light of single straight tracks: muons, and charged hadrons.

A telescope sees the part of a track whose cone of light meets its mirror; these photons
are drawn one by one, so that a muon that hits the mirror makes a ring.

Frame, directions and units are those of `electromagnetic`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import apart, lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air, at_height
from cta_columnar.kernels.simulation.draws import State, normal, poisson, uniform
from cta_columnar.kernels.simulation.electromagnetic import (
    SPEED_OF_LIGHT,
    detour,
)
from cta_columnar.kernels.simulation.electrons import PHOTONS_PER_METRE, sin2_cherenkov
from cta_columnar.kernels.simulation.emission import RADIATION_LENGTH
from cta_columnar.kernels.simulation.optics import Camera, pixel_of_light

F8 = NDArray[np.float64]

TRACK = (
    "x", "y", "z", "ux", "uy", "uz", "length", "energy", "mass", "weight", "late"
)  # fmt: skip
"""Start of a track and direction back to the source; its length in m, energy and mass
in GeV, how many it stands for, ns behind the front of the shower."""

LOSS = 0.002
"""Energy lost to ionisation, GeV per g/cm2."""

# Photons further from a track than this are too few to count: the cone of light of
# 1 degree from 10 km above, and a margin.
_REACH = 220.0
_SHORTEST_STEP = 60.0
_SCATTERING = 0.0136
_MARGIN = 0.035


@lean
def _sin2_at(track: F8, along: float, air: Air) -> float:
    """Square of the sine of the Cherenkov angle at a distance from the start."""
    start = at_height(air.thickness, air.step, air.observer + track[2])
    height = air.observer + track[2] - along * track[5]
    crossed = (at_height(air.thickness, air.step, height) - start) / track[5]
    energy = max(track[7] - LOSS * crossed, track[8])
    refractivity = at_height(air.refractivity, air.step, height)
    return sin2_cherenkov(energy, track[8], refractivity)


@lean
def _first_and_last(
    track: F8, receiver: F8, air: Air, plane: float, impact: float
) -> tuple[float, float, float]:
    """Range of distance to the plane of the telescope that can light it, and a step."""
    height = air.observer + receiver[2]
    refractivity = at_height(air.refractivity, air.step, height)
    widest = math.sqrt(max(sin2_cherenkov(track[7], track[8], refractivity), 1e-12))
    first = max(plane - track[6], (impact - receiver[7]) / widest, 1.0)
    return first, plane, max(receiver[7] / widest, _SHORTEST_STEP)


@lean
def _miss(track: F8, receiver: F8) -> tuple[float, float, float, float]:
    """Distance along a track to the plane of a telescope, and its miss, as a vector."""
    qx = receiver[0] - track[0]
    qy = receiver[1] - track[1]
    qz = receiver[2] - track[2]
    plane = -(qx * track[3] + qy * track[4] + qz * track[5])
    return (
        plane,
        qx + plane * track[3],
        qy + plane * track[4],
        qz + plane * track[5],
    )


@lean
def reaches(track: F8, receiver: F8) -> bool:
    """Whether light of a track can be seen by a telescope at all."""
    plane, mx, my, mz = _miss(track, receiver)
    if plane <= 1.0 or mx * mx + my * my + mz * mz > _REACH * _REACH:
        return False
    cosine = track[3] * receiver[3] + track[4] * receiver[4] + track[5] * receiver[5]
    return bool(cosine > math.cos(receiver[8] + _MARGIN))


@lean
def _share_inside(ring: float, impact: float, radius: float) -> float:
    """Return the share of a ring that lies within a mirror at ``impact`` from it."""
    if abs(ring - impact) >= radius:
        return 1.0 if ring + impact < radius else 0.0
    if ring + impact <= radius:
        return 1.0
    cosine = (ring * ring + impact * impact - radius * radius) / (2.0 * ring * impact)
    return math.acos(min(max(cosine, -1.0), 1.0)) / math.pi


@lean
def _arc(impact: float, radius: float) -> float:
    """Half of the range of azimuth in which a ring can meet the mirror."""
    return math.pi if impact <= radius else math.asin(radius / impact)


@apart
def expected_from_track(track: F8, receiver: F8, air: Air) -> float:
    """Expect this many photo-electrons of a track in a telescope, within some 10 %."""
    if not reaches(track, receiver):
        return 0.0
    plane, mx, my, mz = _miss(track, receiver)
    impact = math.sqrt(mx * mx + my * my + mz * mz)
    near, far, step = _first_and_last(track, receiver, air, plane, impact)
    step *= 0.25
    total = 0.0
    while near < far:
        length = min(step, far - near)
        sin2, opacity = _state_at(track, plane - near - 0.5 * length, air)
        ring = (near + 0.5 * length) * math.sqrt(max(sin2, 0.0))
        if sin2 > 0.0:
            share = _share_inside(ring, impact, receiver[7])
            total += sin2 * length * share * math.exp(-opacity)
        near += length
    return float(total * track[9] * PHOTONS_PER_METRE * _efficiency(receiver))


@lean
def _state_at(track: F8, along: float, air: Air) -> tuple[float, float]:
    height = air.observer + track[2] - along * track[5]
    opacity = at_height(air.opacity, air.step, height) / track[5]
    return _sin2_at(track, along, air), opacity


@lean
def _efficiency(receiver: F8) -> float:
    """Photo-electrons per photon on the disc that stands for the mirror."""
    return float(receiver[6] / (math.pi * receiver[7] * receiver[7]))


@njit
def light_of_track(
    state: State,
    track: F8,
    source: F8,
    receiver: F8,
    camera: Camera,
    air: Air,
    pixels: NDArray[np.int32],
    times: NDArray[np.float32],
    n: np.int64,
) -> tuple[NDArray[np.int32], NDArray[np.float32], np.int64]:
    """Add the photo-electrons of a track to those at hand, ``n`` of them; it `reaches`.

    Returns
    -------
    pixels, times, n
        As given, the arrays longer if they had to be.
    """
    plane, mx, my, mz = _miss(track, receiver)
    impact = math.sqrt(mx * mx + my * my + mz * mz)
    near, far, step = _first_and_last(track, receiver, air, plane, impact)
    half = _arc(impact, receiver[7])
    strength = track[9] * PHOTONS_PER_METRE * _efficiency(receiver) * half / math.pi
    while near < far:
        length = min(step, far - near)
        sin2, opacity = _state_at(track, plane - near - 0.5 * length, air)
        ring = near * math.sqrt(max(sin2, 0.0))
        outer = (near + length) * math.sqrt(max(sin2, 0.0))
        slack = 0.1 * outer + receiver[7]
        if sin2 > 0.0 and ring < impact + slack and outer > impact - slack:
            photons = poisson(state, strength * sin2 * length * math.exp(-opacity))
            while n + photons > pixels.size:
                pixels = np.concatenate((pixels, np.empty_like(pixels)))
                times = np.concatenate((times, np.empty_like(times)))
            for _ in range(photons):
                distance = near + length * uniform(state)
                pixel, time = _one_photon(
                    state, track, source, receiver, camera, air,
                    plane, distance, mx, my, mz, half,
                )  # fmt: skip
                if pixel >= 0:
                    pixels[n], times[n] = pixel, time
                    n += 1
        near += length
    return pixels, times, n


@lean
def _one_photon(
    state: State,
    track: F8,
    source: F8,
    receiver: F8,
    camera: Camera,
    air: Air,
    plane: float,
    distance: float,
    mx: float,
    my: float,
    mz: float,
    half: float,
) -> tuple[int, float]:
    """Send one photon from ``distance`` above the plane of the telescope to it."""
    ux, uy, uz = track[3], track[4], track[5]
    along = plane - distance
    angle = math.sqrt(max(_sin2_at(track, along, air), 0.0))
    # Unit vectors across the track, the first one towards the receiver.
    ax, ay, az = _across(mx, my, mz, ux, uz)
    bx, by, bz = uy * az - uz * ay, uz * ax - ux * az, ux * ay - uy * ax
    phi = half * (2.0 * uniform(state) - 1.0)
    # Multiple scattering has bent the track since its start.
    density = at_height(air.density, air.step, air.observer + track[2] - along * uz)
    crossed = 100.0 * density * max(along, 0.0) / RADIATION_LENGTH
    kick = _SCATTERING / track[7] * math.sqrt(crossed / 3.0)
    tilt_a = angle * math.cos(phi) + kick * normal(state)
    tilt_b = angle * math.sin(phi) + kick * normal(state)
    # From the middle of the mirror to where the photon meets its plane.
    ra, rb = (
        distance * math.tan(angle) * math.cos(phi),
        distance * math.tan(angle) * math.sin(phi),
    )
    px = ra * ax + rb * bx - mx
    py = ra * ay + rb * by - my
    pz = ra * az + rb * bz - mz
    if px * px + py * py + pz * pz > receiver[7] * receiver[7]:
        return -1, 0.0
    dx = ux - tilt_a * ax - tilt_b * bx
    dy = uy - tilt_a * ay - tilt_b * by
    dz = uz - tilt_a * az - tilt_b * bz
    scale = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
    axes = camera.axes
    pixel = pixel_of_light(
        state, camera, dx * scale, dy * scale, dz * scale,
        px * axes[1, 0] + py * axes[1, 1] + pz * axes[1, 2],
        px * axes[2, 0] + py * axes[2, 1] + pz * axes[2, 2],
    )  # fmt: skip
    front = 0.0
    for axis in range(3):
        front -= (track[axis] - along * track[3 + axis]) * source[axis]
    height = air.observer + track[2] - along * uz
    optical = distance * at_height(air.refractivity, air.step, height)
    late = track[10] + detour(track[3:6], source) * along
    path = distance / math.cos(angle) + optical
    return pixel, late + (front + path) / SPEED_OF_LIGHT


@lean
def _across(
    mx: float, my: float, mz: float, ux: float, uz: float
) -> tuple[float, float, float]:
    """Return the unit vector along (mx, my, mz), or any across u without one."""
    size = math.sqrt(mx * mx + my * my + mz * mz)
    if size > 1e-9:
        return mx / size, my / size, mz / size
    size = math.sqrt(ux * ux + uz * uz)
    return uz / size, 0.0, -ux / size
