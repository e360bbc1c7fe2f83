"""Bins of numbers, and counts and exact sums in them.

Shapes: ``n`` events, ``b`` bins, ``l`` limbs of a number in fixed point.

Bins are half open, ``[edge, next edge)``, and found by comparison with the edges
alone, so an event on an edge is in the upper bin whatever made the edges. Weights are
summed as integers of several limbs, which makes sums exact: they do not depend on the
order of the events, nor on how these are split over files and processes.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, Mask

# What stands in for the number of a bin; the smallest of all axes of an event counts.
OUTSIDE, UNDEFINED, NOT_SELECTED = -1, -2, -3

# Each limb but the first one holds 31 bits of a weight, so that 2**32 weights can be
# added to a limb of 63 bits without a carry.
LIMB_BITS = 31
MOST_ADDED = 2**32
_STEP = 2.0**LIMB_BITS
_LARGEST = 2**63 - 1
LARGEST_WEIGHT = 2.0**62

_CELLS_PER_BIN = 4
# Edges closer together than this would overflow the division by their distance.
_NARROWEST = 1e-300


@njit
def _positions(values: F8, by_bits: bool) -> F8:
    """Return the values, or about their logarithms.

    The bits of positive floats, read as integers, grow about as logarithms do.
    """
    if not by_bits:
        return values
    bits = values.view(np.int64)
    positions = np.empty(values.size)
    for k in range(values.size):
        positions[k] = bits[k]
    return positions


@njit
def _guide(positions: F8, first: float, scale: float) -> I4:
    """For each cell of a fine and even grid, a bin near to its values."""
    n_bins = positions.size - 1
    guide = np.empty(_CELLS_PER_BIN * n_bins, np.int32)
    i = 0
    for cell in range(guide.size):
        while i < n_bins - 1 and (positions[i + 1] - first) * scale <= cell:
            i += 1
        guide[cell] = i
    return guide


@njit
def bin_numbers(values: F8, edges: F8) -> I4:
    """Find the bin of each value.

    Parameters
    ----------
    values : float64[n]
        Values, in the unit of the edges.
    edges : float64[b + 1]
        Ascending edges, at least one of them finite and those below 1e300; the
        outermost may be infinite.

    Returns
    -------
    number : int32[n]
        The i with ``edges[i] <= value < edges[i + 1]``, `OUTSIDE`, or `UNDEFINED`
        where the value is NaN.
    """
    n_bins = edges.size - 1
    number = np.empty(values.size, np.int32)
    # What a search starts from decides how long it takes, never what it finds.
    by_bits = edges[0] > 0.0
    of_edges = _positions(edges, by_bits)
    finite = of_edges[np.isfinite(edges)]
    width = finite[-1] - finite[0]
    scale = _CELLS_PER_BIN * n_bins / width if width > _NARROWEST else 0.0
    guide = _guide(of_edges, finite[0], scale)
    positions = _positions(values, by_bits)
    for k in range(values.size):
        value = values[k]
        if not (value >= edges[0] and value < edges[n_bins]):
            number[k] = UNDEFINED if math.isnan(value) else OUTSIDE
            continue
        on_grid = min(max(positions[k], finite[0]), finite[-1])
        i = guide[min(int((on_grid - finite[0]) * scale), guide.size - 1)]
        while value < edges[i]:
            i -= 1
        while value >= edges[i + 1]:
            i += 1
        number[k] = i
    return number


@njit
def first_places(selected: Mask) -> I4:
    """Return 0 for events that are selected and `NOT_SELECTED` for others."""
    place = np.empty(selected.size, np.int32)
    for i in range(selected.size):
        place[i] = 0 if selected[i] else NOT_SELECTED
    return place


@njit
def add_axis(place: I4, number: I4, n_bins: int) -> None:
    """Refine places in a histogram by one more axis, which runs fastest.

    Parameters
    ----------
    place : int32[n]
        Places on the axes so far, from `first_places`; changed.
    number : int32[n]
        Bins on the new axis, from `bin_numbers`.
    n_bins : int
        Bins of the new axis.
    """
    for i in range(place.size):
        inside = place[i] >= 0 and number[i] >= 0
        place[i] = place[i] * n_bins + number[i] if inside else min(place[i], number[i])


@njit
def count(place: I4, counts: I8, left_out: I8) -> None:
    """Count events in the bins of a histogram.

    Parameters
    ----------
    place : int32[n]
        Places, from `add_axis`.
    counts : int64[b]
        Counts, added to.
    left_out : int64[2]
        Events that are selected but outside of the axes, and those with a NaN; added
        to.
    """
    for i in range(place.size):
        if place[i] >= 0:
            counts[place[i]] += 1
        elif place[i] != NOT_SELECTED:
            left_out[-1 - place[i]] += 1


@njit
def first_bad_weight(place: I4, weights: F8, unit: float) -> int:
    """Row of the first weight that cannot be summed, -1 if there is none.

    That is one that is negative, NaN, infinite or larger than 2**62 units; events
    without a place do not matter. Parameters as of `add_weights`.
    """
    for i in range(place.size):
        # Written so that NaN is bad.
        if place[i] >= 0 and not 0.0 <= weights[i] / unit <= LARGEST_WEIGHT:
            return i
    return -1


@njit
def add_weights(place: I4, weights: F8, unit: float, sums: I8) -> int:
    """Add weights in fixed point, exactly but for what is below the last limb.

    Parameters
    ----------
    place : int32[n]
        Places, from `add_axis`.
    weights : float64[n]
        Weights; good ones as told by `first_bad_weight`.
    unit : float
        What 1 in the first limb stands for, a power of two. It is ``2**31`` times
        smaller from limb to limb.
    sums : int64[b, l]
        Limbs of the sums, added to.

    Returns
    -------
    row : int
        First event that was too much for its sum, -1 if all were added.
    """
    n_limbs = sums.shape[1]
    for i in range(place.size):
        if place[i] < 0:
            continue
        rest = weights[i] / unit
        for k in range(n_limbs):
            part = np.floor(rest) if k < n_limbs - 1 else np.rint(rest)
            if sums[place[i], k] > _LARGEST - np.int64(part):
                return i
            sums[place[i], k] += np.int64(part)
            rest = (rest - part) * _STEP
    return -1


@njit
def shared_weights(place: I4, shower: I8, weights: F8) -> F8:
    """Find by how much uses of one shower scatter more than as many showers.

    The square of the summed weight of a shower in a bin is the sum of the squares of
    its events, and of what is found here.

    Parameters
    ----------
    place : int32[n]
        Places, from `add_axis`.
    shower : int64[n]
        Which shower each event is of; those of one shower follow each other.
    weights : float64[n]
        Weights; ones count pairs of events.

    Returns
    -------
    shared : float64[n]
        Twice the product of the weight of an event and the summed weights of the events
        before it that are of its shower and in its bin; 0 without a place.
    """
    shared = np.zeros(place.size)
    for i in range(place.size):
        if place[i] < 0:
            continue
        before = 0.0
        j = i - 1
        while j >= 0 and shower[j] == shower[i]:
            if place[j] == place[i]:
                before += weights[j]
            j -= 1
        shared[i] = 2.0 * weights[i] * before
    return shared
