"""Photo-electrons that one segment of a shower's axis makes in a telescope.

Columns of segments and receivers, and the frame: see `electromagnetic`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.draws import (
    State,
    below,
    exponential,
    in_disc,
    normal,
    poisson,
    uniform,
)
from cta_columnar.kernels.simulation.electromagnetic import SPEED_OF_LIGHT
from cta_columnar.kernels.simulation.emission import N_BINS, Emission, angle_bin
from cta_columnar.kernels.simulation.optics import Camera, pixel_of_light

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
F4 = NDArray[np.float32]

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


@lean
def expected_from_segment(
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
def counts_of_segments(
    state: State, segments: F8, receiver: F8, density: F4, cos_view: float
) -> NDArray[np.int64]:
    """Draw how many photo-electrons each segment makes, int64[n].

    Electrons are seen, each by one photo-electron or more, at random along the sum of
    what is expected of the segments: at distances that are exponential. That draws a
    Poisson number for each segment at the price of one number per electron.
    """
    counts = np.zeros(len(segments), np.int64)
    ahead = exponential(state)
    for i in range(len(segments)):
        mean, along, _ = expected_from_segment(segments[i], receiver, density, cos_view)
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
def light_of_segment(
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
    _, along, b = expected_from_segment(segment, receiver, emission.density, cos_view)
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
