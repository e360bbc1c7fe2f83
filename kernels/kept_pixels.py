"""The pixels that survived the cleaning, as one list per image.

A cleaned image keeps some fifty of two thousand pixels. The mask is read once; all
parameter kernels then walk these lists.

Shapes: ``e`` events, ``p`` pixels, ``k`` kept pixels of all events together. The list
of event ``i`` is ``pixels[indptr[i]:indptr[i + 1]]``, ascending.
"""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, Mask


@njit
def kept_pixels(
    mask: Mask,
) -> tuple[I8, I4]:
    """List the set pixels of every image.

    Parameters
    ----------
    mask : bool[e, p]
        Pixels that survived the cleaning.

    Returns
    -------
    indptr : int64[e + 1]
        Where the list of each event starts and ends in ``pixels``.
    pixels : int32[k]
        Pixel numbers, ascending within an event.
    """
    n_events, n_pixels = mask.shape
    indptr = np.zeros(n_events + 1, np.int64)
    for e in range(n_events):
        count = 0
        for p in range(n_pixels):
            count += mask[e, p]
        indptr[e + 1] = indptr[e] + count

    # One place more than needed: the write is unconditional, since a branch on the
    # mask would be mispredicted at every edge of an image.
    pixels = np.empty(indptr[n_events] + 1, np.int32)
    k = 0
    for e in range(n_events):
        for p in range(n_pixels):
            pixels[k] = p
            k += mask[e, p]
    return indptr, pixels[:k]


@njit
def gather(
    values: NDArray[np.generic],
    indptr: I8,
    pixels: I4,
) -> F8:
    """Values of the kept pixels, in float64 whatever the image is stored in.

    Parameters
    ----------
    values : number[e, p]
        Charge or time per pixel.
    indptr, pixels : int64[e + 1], int32[k]
        From `kept_pixels`.

    Returns
    -------
    out : float64[k]
        ``values[event, pixels]``.
    """
    out = np.empty(pixels.size, np.float64)
    for e in range(indptr.size - 1):
        for k in range(indptr[e], indptr[e + 1]):
            out[k] = values[e, pixels[k]]
    return out


@njit
def charge_sums(charge: F8, indptr: I8) -> F8:
    """Sum of the charges of each event, in the order of the pixels.

    Parameters
    ----------
    charge : float64[k]
        From `gather`.
    indptr : int64[e + 1]
        From `kept_pixels`.

    Returns
    -------
    out : float64[e]
        0 for an event without kept pixels.
    """
    out = np.zeros(indptr.size - 1, np.float64)
    for e in range(out.size):
        for k in range(indptr[e], indptr[e + 1]):
            out[e] += charge[k]
    return out
