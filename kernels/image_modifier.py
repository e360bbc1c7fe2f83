"""Images as they would be with more light of the night sky, or a wider optical PSF.

Shapes: ``e`` events, ``p`` pixels, ``n`` neighbour pairs. Numbers are drawn per pixel,
see `cta_columnar.kernels.pixel_streams`.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I2, I4, I8
from cta_columnar.kernels.pixel_streams import event_stream, start_pixel
from cta_columnar.kernels.random import IMAGE_NOISE, IMAGE_SMEARING
from cta_columnar.kernels.simulation.draws import below, poisson


@njit
def smear_psf(
    image: F4,
    fraction: float,
    seed: int,
    obs_id: I8,
    event_id: I8,
    tel_id: I2,
    indptr: I4,
    indices: I4,
) -> F4:
    """Move some photo-electrons of each pixel to its neighbours.

    As many as a Poisson variate of mean ``fraction`` times the charge. Each goes one of
    as many ways as the pixel with most neighbours has, all of one probability: at the
    edge of the camera light is lost.

    Parameters
    ----------
    image : float32[e, p]
        Charge, p.e.; pixels that are not positive give nothing away.
    fraction : float
        Share of the charge that moves.
    seed : int
        32 bits.
    obs_id, event_id, tel_id : int64[e], int64[e], int16[e]
        What the numbers are drawn for.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.

    Returns
    -------
    out : float32[e, p]
        The new charges.
    """
    out = image.copy()
    n_events, n_pixels = image.shape
    most = 0
    for p in range(n_pixels):
        most = max(most, indptr[p + 1] - indptr[p])
    for e in range(n_events):
        state = event_stream(seed, IMAGE_SMEARING, obs_id[e], event_id[e], tel_id[e])
        for p in range(n_pixels):
            start_pixel(state, p)
            n_moved = poisson(state, fraction * np.float64(image[e, p]))
            out[e, p] -= n_moved
            for _ in range(n_moved if most else 0):
                way = indptr[p] + below(state, most)
                if way < indptr[p + 1]:
                    out[e, indices[way]] += np.float32(1)
    return out


@njit
def add_noise(
    image: F4,
    transition_charge: float,
    dim_level: float,
    bright_level: float,
    dim_bias: float,
    correct_bias: bool,
    seed: int,
    obs_id: I8,
    event_id: I8,
    tel_id: I2,
) -> F4:
    """Add Poisson noise to every pixel, of a level for dim and one for bright pixels.

    Parameters
    ----------
    image : float32[e, p]
        Charge, p.e.
    transition_charge : float
        Pixels above it are bright, p.e.
    dim_level, bright_level : float
        Mean of the noise, p.e.
    dim_bias : float
        Added to dim pixels besides, p.e.
    correct_bias : bool
        Take the mean of the noise off again.
    seed : int
        32 bits.
    obs_id, event_id, tel_id : int64[e], int64[e], int16[e]
        What the numbers are drawn for.

    Returns
    -------
    out : float32[e, p]
        The new charges.
    """
    out = np.empty_like(image)
    for e in range(image.shape[0]):
        state = event_stream(seed, IMAGE_NOISE, obs_id[e], event_id[e], tel_id[e])
        for p in range(image.shape[1]):
            start_pixel(state, p)
            is_bright = image[e, p] > transition_charge
            level = bright_level if is_bright else dim_level
            added = poisson(state, level) - (level if correct_bias else 0.0)
            out[e, p] = image[e, p] + added + (0.0 if is_bright else dim_bias)
    return out
