"""Sorting with `numpy.lexsort`."""

import numpy as np


def sorted_by_pixel(pixels, times):
    order = np.lexsort((times, pixels))
    return pixels[order], times[order]
