"""Where the pulse of each pixel is: the maximum of its neighbours' summed traces.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples, ``n`` neighbour pairs, ``m`` traces
that are added for one pixel.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I4, U4, Mask
from cta_columnar.kernels.ranks import NO_RANK, SAMPLES_LEFT, rank

T = TypeVar("T", bound=np.generic)

_LANES = 16
"""Samples that are compared at a time: four bytes each fill a 512-bit register."""
_N_TRACES = 7
"""Traces added for a pixel of a hexagonal camera: its own and six neighbours'."""


@njit
def _traces(
    indptr: I4, indices: I4, broken: Mask, local_weight: float
) -> tuple[U4, F4, I4]:
    """List the traces whose weighted sum locates the pulse of each pixel.

    Parameters
    ----------
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.
    broken : bool[p]
        Pixels that are nobody's neighbour.
    local_weight : float
        Weight of the pixel's own trace.

    Returns
    -------
    pixels : uint32[p, m]
        The pixel itself, then its neighbours in their order, at least `_N_TRACES`
        entries. What has no weight is there twice: a trace that is not to count would
        count if it had a NaN.
    weights : float32[p, m]
        ``local_weight``, then 1 for neighbours, 0 for what fills up.
    n_neighbors : int32[p]
        Neighbours with weight 1.
    """
    n_pixels = indptr.size - 1
    width = _N_TRACES
    for p in range(n_pixels):
        width = max(width, 1 + indptr[p + 1] - indptr[p])
    pixels = np.empty((n_pixels, width), np.uint32)
    weights = np.zeros((n_pixels, width), np.float32)
    n_neighbors = np.zeros(n_pixels, np.int32)
    for p in range(n_pixels):
        n = 0
        for j in range(indptr[p], indptr[p + 1]):
            if not broken[indices[j]]:
                n += 1
                pixels[p, n] = indices[j]
                weights[p, n] = 1.0
        n_neighbors[p] = n
        weights[p, 0] = local_weight
        pixels[p, 0] = p if local_weight != 0.0 or n == 0 else pixels[p, 1]
        for j in range(n + 1, width):
            pixels[p, j] = pixels[p, 0]
    return pixels, weights, n_neighbors


@njit
def _peaks_any(
    waveform: F4, pixels: U4, weights: F4, which: NDArray[np.intp], peak_index: I4
) -> None:
    """Sum and compare sample after sample: any number of samples and neighbours."""
    n_samples = waveform.shape[1]
    for p in which:
        best = NO_RANK
        for s in range(n_samples):
            total = np.float32(0.0)
            for j in range(pixels.shape[1]):
                total += weights[p, j] * waveform[pixels[p, j], s]
            best = max(best, rank(total, n_samples - s))
        peak_index[p] = n_samples - (best & SAMPLES_LEFT)


@inline
def _unrolled(row: NDArray[T]) -> tuple[T, T, T, T, T, T, T]:
    """Entries of a row of `_N_TRACES`, as values that stay in registers."""
    return row[0], row[1], row[2], row[3], row[4], row[5], row[6]


@njit
def _peaks_by_lanes(
    waveform: F4, pixels: U4, weights: F4, which: NDArray[np.intp], peak_index: I4
) -> None:
    """As `_peaks_any`, for `_N_TRACES` traces of at least `_LANES` samples.

    The innermost loop has a fixed length, so that it becomes a few vector instructions.
    The last lanes overlap the ones before, which does not change a maximum.
    """
    n_samples = waveform.shape[1]
    for p in which:
        w0, w1, w2, w3, w4, w5, w6 = _unrolled(weights[p])
        q0, q1, q2, q3, q4, q5, q6 = _unrolled(pixels[p])
        best = NO_RANK
        for block in range((n_samples + _LANES - 1) // _LANES):
            first = min(block * _LANES, n_samples - _LANES)
            for lane in range(_LANES):
                s = np.uint64(first) + np.uint64(lane)
                total = (
                    w0 * waveform[q0, s]
                    + w1 * waveform[q1, s]
                    + w2 * waveform[q2, s]
                    + w3 * waveform[q3, s]
                    + w4 * waveform[q4, s]
                    + w5 * waveform[q5, s]
                    + w6 * waveform[q6, s]
                )
                best = max(best, rank(total, n_samples - first - lane))
        peak_index[p] = n_samples - (best & SAMPLES_LEFT)


@inline
def _sum_of_six(
    waveform: F4, pixels: tuple[int, int, int, int, int, int, int], s: np.uint64
) -> np.float32:
    """One sample of the sum over all but the first of `_N_TRACES` traces."""
    _, q1, q2, q3, q4, q5, q6 = pixels
    total: np.float32 = (
        waveform[q1, s]
        + waveform[q2, s]
        + waveform[q3, s]
        + waveform[q4, s]
        + waveform[q5, s]
        + waveform[q6, s]
    )
    return total


@njit
def _peaks_of_six(
    waveform: F4, pixels: U4, which: NDArray[np.intp], peak_index: I4
) -> None:
    """As `_peaks_by_lanes`, for pixels with six neighbours and no weight themselves.

    Two blocks of lanes at a time: to find the largest lane takes as long as a block.
    """
    n_samples = waveform.shape[1]
    for p in which:
        row = _unrolled(pixels[p])
        best = NO_RANK
        for block in range(0, (n_samples + _LANES - 1) // _LANES, 2):
            first = min(block * _LANES, n_samples - _LANES)
            second = min((block + 1) * _LANES, n_samples - _LANES)
            for lane in range(_LANES):
                s = np.uint64(first) + np.uint64(lane)
                one = rank(_sum_of_six(waveform, row, s), n_samples - first - lane)
                s = np.uint64(second) + np.uint64(lane)
                two = rank(_sum_of_six(waveform, row, s), n_samples - second - lane)
                best = max(best, one, two)
        peak_index[p] = n_samples - (best & SAMPLES_LEFT)


@njit
def _is_same(one: Mask, other: Mask) -> bool:
    n_different = 0
    for p in range(one.size):
        n_different += one[p] != other[p]
    return n_different == 0


@njit
def _has_signal(waveform: F4) -> Mask:
    """Tell which pixels have any sample that is not 0; reduced data have few."""
    n_pixels = len(waveform)
    found = np.zeros(n_pixels, np.bool_)
    for p in range(n_pixels):
        row = waveform[p]
        # Most that have a signal show it at once. A loop that may end early is no
        # vector loop, so that of the others does not.
        n = np.int32(row[0] != 0.0)
        if n == 0:
            for s in range(row.size):
                n += np.int32(row[s] != 0.0)
        found[p] = n > 0
    return found


@njit
def _seeing(has_signal: Mask, pixels: U4, which: NDArray[np.intp]) -> NDArray[np.intp]:
    """Leave out pixels all of whose traces are 0: their peak is at 0."""
    found = np.empty_like(which)
    n = 0
    for p in which:
        sees = False
        for j in range(pixels.shape[1]):
            sees |= has_signal[pixels[p, j]]
        found[n] = p
        n += sees
    return found[:n]


@njit
def neighbor_peaks(
    waveform: F4,
    broken: Mask,
    indptr: I4,
    indices: I4,
    local_weight: float,
) -> I4:
    """Sample at which the sum of the neighbours' traces is largest.

    The sum runs over the pixel's own trace times ``local_weight``, unless that is 0,
    then over the neighbours that are not broken in their order, in float32. The first
    maximum counts.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, at least one per pixel.
    broken : bool[e, p]
        Pixels whose trace must not be used for others.
    indptr, indices : int32[p + 1], int32[n]
        Neighbours of each pixel.
    local_weight : float
        Weight of the pixel's own trace.

    Returns
    -------
    peak_index : int32[e, p]
        Sample; 0 for a pixel that has nothing to go by, or only traces of 0.
    """
    n_events, n_pixels, n_samples = waveform.shape
    peak_index = np.zeros((n_events, n_pixels), np.int32)
    for e in range(n_events):
        # Mostly the same pixels are broken in one event after the other.
        if e == 0 or not _is_same(broken[e], broken[e - 1]):
            pixels, weights, n_neighbors = _traces(
                indptr, indices, broken[e], local_weight
            )
            by_lanes = n_samples >= _LANES and pixels.shape[1] == _N_TRACES
            has_six = n_neighbors == (_N_TRACES - 1)
            has_six &= by_lanes and local_weight == 0.0
            six = np.flatnonzero(has_six)
            others = np.flatnonzero(
                ~has_six & ((n_neighbors > 0) | (local_weight != 0.0))
            )
        image = waveform[e]
        mine, rest = six, others
        has_signal = _has_signal(image)
        if not has_signal.all():
            mine = _seeing(has_signal, pixels, six)
            rest = _seeing(has_signal, pixels, others)
        _peaks_of_six(image, pixels, mine, peak_index[e])
        if by_lanes:
            _peaks_by_lanes(image, pixels, weights, rest, peak_index[e])
        else:
            _peaks_any(image, pixels, weights, rest, peak_index[e])
    return peak_index
