"""Slow, obvious histograms: what `kernels.histograms` must equal."""

import math
from fractions import Fraction

OUTSIDE, UNDEFINED, NOT_SELECTED = -1, -2, -3


def bin_number(value, edges):
    if math.isnan(value):
        return UNDEFINED
    for i in range(len(edges) - 1):
        if edges[i] <= value < edges[i + 1]:
            return i
    return OUTSIDE


def place(selected, numbers, sizes):
    """One event's place in a histogram of several axes."""
    if not selected:
        return NOT_SELECTED
    if min(numbers, default=0) < 0:
        return min(numbers)
    result = 0
    for number, size in zip(numbers, sizes, strict=True):
        result = result * size + number
    return result


def rounded(weight, smallest):
    """Whole multiples of the smallest unit next to a weight, halves to even."""
    return round(Fraction(weight) / Fraction(smallest))


def whole(limbs, bits):
    """What the limbs of a number stand for, in units of the last one."""
    total = 0
    for limb in limbs:
        total = total * 2**bits + int(limb)
    return total


def variances(places, showers, weights, n_bins):
    """Sum over showers of the squares of their summed weights, in each bin."""
    sums = {}
    for key in zip(places, showers, weights, strict=True):
        place, shower, weight = key
        if place >= 0:
            sums[place, shower] = sums.get((place, shower), 0.0) + weight
    total = [0.0] * n_bins
    for (place, _), weight in sums.items():
        total[place] += weight**2
    return total
