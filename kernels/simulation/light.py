"""Photo-electrons that a shower makes in a telescope.

Only light that a telescope detects is ever drawn: each segment of the shower's axis
tells how much that will be on average, and the photo-electrons are then placed where
the emission table says that such light comes from (M. de Naurois and L. Rolland,
Astropart. Phys. 32 (2009) 231, use the same decomposition).

Positions of telescopes are relative to the core. See `electromagnetic` for frame,
directions and columns.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.atmosphere import Air
from cta_columnar.kernels.simulation.draws import (
    LIGHT,
    State,
    below,
    exponential,
    in_disc,
    new_stream,
    normal,
    poisson,
    uniform,
)
from cta_columnar.kernels.simulation.electromagnetic import SPEED_OF_LIGHT
from cta_columnar.kernels.simulation.emission import N_BINS, Emission, angle_bin
from cta_columnar.kernels.simulation.optics import (
    Camera,
    Cameras,
    camera_of,
    pixel_of_light,
)
from cta_columnar.kernels.simulation.tracks import (
    expected_from_track,
    light_of_track,
    reaches,
)

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
F4 = NDArray[np.float32]

# Light further outside the field of view than this comes in as stray light at best.
_MARGIN = 0.044
_NEAREST = 50.0
# One electron makes 12900 photons of 300 to 600 nm per radiation length, whatever the
# density of the air, of which 0.7 reach the ground. They fall into a cone of
# 1 / 800 sr about it. Its light comes from one place for a part of that length only,
# until it is scattered away.
_LIGHT_OF_ELECTRON = 12900.0 * 0.7 * 800.0
_TOGETHER = 0.3
# Spread of the arrival times that no path explains: facets of the mirror, and the
# thickness of the front of electrons; ns.
_TIME_SPREAD = 0.3
# Up to so many times of a pixel are sorted by inserting one after the other.
_FEW = 24


@lean
def _from_segment(
    segment: F8, receiver: F8, density: F4, cos_view: float
) -> tuple[float, float, int]:
    """Photo-electrons expected of a segment, their distance along it, and the bin."""
    qx = receiver[0] - segment[0]
    qy = receiver[1] - segment[1]
    qz = receiver[2] - segment[2]
    along = -(qx * segment[3] + qy * segment[4] + qz * segment[5])
    if along < _NEAREST:
        return 0.0, 0.0, 0
    q2 = qx * qx + qy * qy + qz * qz
    cosine = -(qx * receiver[3] + qy * receiver[4] + qz * receiver[5])
    if cosine * cosine < cos_view * cos_view * q2 or cosine < 0.0:
        return 0.0, 0.0, 0
    b = angle_bin((q2 - along * along) / (along * along))
    if b >= N_BINS:
        return 0.0, 0.0, 0
    mean = segment[7] * density[int(segment[8]), b] * receiver[6] / (along * along)
    return mean, along, b


@lean
def companions(receiver: F8, along: float) -> float:
    """Photo-electrons of the same electron that come with one, on average."""
    return float(_TOGETHER * _LIGHT_OF_ELECTRON * receiver[6] / (along * along))


@njit
def expected_light(
    segments: F8, tracks: F8, receivers: F8, density: F4, air: Air
) -> F8:
    """Expect this many photo-electrons within the fields of view of telescopes.

    Parameters
    ----------
    segments, tracks : float64[n, 10], float64[m, 11]
        The shower; columns of `SEGMENT` and `TRACK`.
    receivers : float64[t, 9]
        The telescopes; columns of `RECEIVER`.
    density : float32[h * a, b]
        Of the `Emission`.
    air : Air
        Atmosphere.

    Returns
    -------
    mean : float64[t]
        Exact for segments; that of tracks is right to some 10 %.
    """
    mean = np.zeros(len(receivers))
    for t in range(len(receivers)):
        cos_view = math.cos(receivers[t, 8])
        for i in range(len(segments)):
            mean[t] += _from_segment(segments[i], receivers[t], density, cos_view)[0]
        for i in range(len(tracks)):
            mean[t] += expected_from_track(tracks[i], receivers[t], air)
    return mean


@njit
def photo_electrons(
    state: State,
    segments: F8,
    tracks: F8,
    source: F8,
    receiver: F8,
    camera: Camera,
    emission: Emission,
    air: Air,
) -> tuple[I4, F4]:
    """Draw the photo-electrons in a telescope.

    Parameters
    ----------
    state : State
        Random numbers.
    segments, tracks, air
        As `expected_light`.
    source : float64[3]
        Direction of the primary particle.
    receiver, camera : float64[9], Camera
        The telescope.
    emission : Emission
        Table of emission.

    Returns
    -------
    pixels, times : int32[k], float32[k]
        Sorted by pixel, then time; ns after the front meets the core.
    """
    cos_view = math.cos(receiver[8] + _MARGIN)
    counts = _counts(state, segments, receiver, emission.density, cos_view)
    size = counts.sum() + 64
    pixels, times = np.empty(size, np.int32), np.empty(size, np.float32)
    n = np.int64(0)
    for i in range(len(segments)):
        if counts[i] > 0:
            n = _light_of_segment(
                state, segments[i], source, receiver, camera, emission, cos_view,
                counts[i], pixels, times, n,
            )  # fmt: skip
    for i in range(len(tracks)):
        if reaches(tracks[i], receiver):
            pixels, times, n = light_of_track(
                state, tracks[i], source, receiver, camera, air, pixels, times, n
            )
    return sorted_by_pixel(pixels[:n], times[:n])


@njit
def light_in_array(
    key: tuple[int, int, int, int],
    wanted: NDArray[np.bool_],
    segments: F8,
    tracks: F8,
    source: F8,
    receivers: F8,
    cameras: Cameras,
    emission: Emission,
    air: Air,
) -> tuple[NDArray[np.int64], I4, F4]:
    """Draw the photo-electrons in all telescopes of an array.

    Parameters
    ----------
    key : tuple of int
        Seed, run, use and shower: each telescope has a stream of its own.
    wanted : bool[t]
        Telescopes to look at.
    receivers, cameras : float64[t, 9], Cameras
        The telescopes.
    segments, tracks, source, emission, air
        As `photo_electrons`.

    Returns
    -------
    offsets : int64[t + 1]
        Where those of each telescope begin.
    pixels, times : int32[k], float32[k]
        As from `photo_electrons`, one telescope after the other.
    """
    offsets = np.zeros(wanted.size + 1, np.int64)
    pixels, times = np.empty(1024, np.int32), np.empty(1024, np.float32)
    n = 0
    for t in range(wanted.size):
        if wanted[t]:
            state = new_stream(key[0], key[1], LIGHT + t, key[2], key[3])
            pixel, time = photo_electrons(
                state, segments, tracks, source, receivers[t], camera_of(cameras, t),
                emission, air,
            )  # fmt: skip
            while n + pixel.size > pixels.size:
                pixels = np.concatenate((pixels, np.empty_like(pixels)))
                times = np.concatenate((times, np.empty_like(times)))
            pixels[n : n + pixel.size] = pixel
            times[n : n + pixel.size] = time
            n += pixel.size
        offsets[t + 1] = n
    return offsets, pixels[:n], times[:n]


@njit
def _counts(
    state: State, segments: F8, receiver: F8, density: F4, cos_view: float
) -> NDArray[np.int64]:
    """Draw how many photo-electrons each segment makes.

    Electrons are seen, each by one photo-electron or more, at random along the sum of
    what is expected of the segments: at distances that are exponential. That draws a
    Poisson number for each segment at the price of one number per electron.
    """
    counts = np.zeros(len(segments), np.int64)
    ahead = exponential(state)
    for i in range(len(segments)):
        mean, along, _ = _from_segment(segments[i], receiver, density, cos_view)
        if mean > 0.0:
            more = companions(receiver, along)
            ahead -= mean / (1.0 + more)
            seen = 0
            while ahead < 0.0:
                ahead += exponential(state)
                seen += 1
            if seen > 0:
                counts[i] = seen + poisson(state, seen * more)
    return counts


@lean
def _light_of_segment(
    state: State,
    segment: F8,
    source: F8,
    receiver: F8,
    camera: Camera,
    emission: Emission,
    cos_view: float,
    count: int,
    pixels: I4,
    times: F4,
    n: np.int64,
) -> np.int64:
    """Draw ``count`` photo-electrons of a segment; returns how many there are then."""
    _, along, b = _from_segment(segment, receiver, emission.density, cos_view)
    node = int(segment[8])
    ux, uy, uz = segment[3], segment[4], segment[5]
    # Towards the telescope, across the axis, and at a right angle to both.
    tx = receiver[0] - segment[0] + along * ux
    ty = receiver[1] - segment[1] + along * uy
    tz = receiver[2] - segment[2] + along * uz
    scale = 1.0 / max(math.sqrt(tx * tx + ty * ty + tz * tz), 1e-9)
    tx, ty, tz = tx * scale, ty * scale, tz * scale
    sx, sy, sz = uy * tz - uz * ty, uz * tx - ux * tz, ux * ty - uy * tx
    axes, radius = camera.axes, receiver[7]
    filled = emission.filled[node, b]
    alone = 1.0 / (1.0 + companions(receiver, along))
    radial, aside = 0.0, 0.0
    for i in range(count):
        if i == 0 or uniform(state) < alone:
            k = below(state, filled)
            radial = emission.offsets[node, b, k, 0]
            aside = emission.offsets[node, b, k, 1]
        forth = segment[6] * (uniform(state) - 0.5)
        # Emission, and the point of the mirror that is hit.
        ex = segment[0] + forth * ux + radial * tx + aside * sx
        ey = segment[1] + forth * uy + radial * ty + aside * sy
        ez = segment[2] + forth * uz + radial * tz + aside * sz
        mx, my = in_disc(state)
        mx, my = radius * mx, radius * my
        dx = ex - receiver[0] - mx * axes[1, 0] - my * axes[2, 0]
        dy = ey - receiver[1] - mx * axes[1, 1] - my * axes[2, 1]
        dz = ez - receiver[2] - mx * axes[1, 2] - my * axes[2, 2]
        distance = math.sqrt(dx * dx + dy * dy + dz * dz)
        scale = 1.0 / distance
        pixel = pixel_of_light(
            state, camera, dx * scale, dy * scale, dz * scale, mx, my
        )
        if pixel >= 0:
            front = ex * source[0] + ey * source[1] + ez * source[2]
            pixels[n] = pixel
            times[n] = (
                (distance - front) / SPEED_OF_LIGHT
                + segment[9]
                + _TIME_SPREAD * normal(state)
            )
            n += 1
    return n


@njit
def sorted_by_pixel(pixels: I4, times: F4) -> tuple[I4, F4]:
    """Sort photo-electrons by pixel, then by time."""
    n = pixels.size
    place = np.zeros((pixels.max() if n else 0) + 1, np.int64)
    for i in range(n):
        place[pixels[i]] += 1
    start = 0
    for p in range(place.size):
        place[p], start = start, start + place[p]
    out_pixels, out_times = np.empty_like(pixels), np.empty_like(times)
    for i in range(n):
        at = place[pixels[i]]
        place[pixels[i]] += 1
        out_pixels[at], out_times[at] = pixels[i], times[i]
    # Each place is now that of the next pixel.
    start = 0
    for end in place:
        if end - start > _FEW:
            out_times[start:end].sort()
        start = end
    _insert(out_pixels, out_times)
    return out_pixels, out_times


@lean
def _insert(pixels: I4, times: F4) -> None:
    """Sort times within each pixel, few of which are out of order."""
    for i in range(1, times.size):
        time = times[i]
        j = i
        while j > 0 and pixels[j - 1] == pixels[i] and times[j - 1] > time:
            times[j] = times[j - 1]
            j -= 1
        times[j] = time
