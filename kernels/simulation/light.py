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

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels.simulation.atmosphere import Air
from cta_columnar.kernels.simulation.draws import LIGHT, State, new_stream
from cta_columnar.kernels.simulation.emission import Emission
from cta_columnar.kernels.simulation.optics import Camera, Cameras, camera_of
from cta_columnar.kernels.simulation.segment_light import (
    counts_of_segments,
    expected_from_segment,
    light_of_segment,
)
from cta_columnar.kernels.simulation.sorting import sorted_by_pixel
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
            mean[t] += expected_from_segment(
                segments[i], receivers[t], density, cos_view
            )[0]
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
    counts = counts_of_segments(state, segments, receiver, emission.density, cos_view)
    size = counts.sum() + 64
    pixels, times = np.empty(size, np.int32), np.empty(size, np.float32)
    n = np.int64(0)
    for i in range(len(segments)):
        if counts[i] > 0:
            n = light_of_segment(
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
            for i in range(pixel.size):
                pixels[n], times[n] = pixel[i], time[i]
                n += 1
        offsets[t + 1] = n
    return offsets, pixels[:n], times[:n]
