"""Which pixel lies at a point of the camera.

Shapes: ``n`` points, ``m`` modules. Lengths are in m, in the frame of the pixel list of
a file: before the camera is turned.

A hexagonal lattice of pitch ``p`` has its pixels at ``x = x0 + p sqrt(3)/2 a``,
``y = y0 + p (b + a/2)`` for whole ``a`` and ``b``. The cell of a pixel is the hexagon
of points nearest to it: what a light guide does not collect is part of the efficiency.
Square pixels come in modules with gaps, and what falls into a gap is lost.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

HEXAGONS, SQUARES = 0, 1


class PixelLookup(NamedTuple):
    """How to find the pixels of a camera.

    Attributes
    ----------
    kind : int
        `HEXAGONS` or `SQUARES`.
    lattice : float64[6]
        Hexagons: x0, y0, pitch, lowest a, lowest b, 0. Squares: corner of the cells
        below, x and y, their size in x and y, pixels along a module, half of the
        sensitive width of a pixel in units of the pitch.
    table : int32[i, j]
        Hexagons: pixel by a and b, counted from the lowest. Squares: module by cell;
        each module lies within one cell. -1 where there is none.
    modules : float64[m, 6]
        Squares only: centre x and y of the module, and the matrix from an offset in
        (x, y) to one in pixels (slow index, fast index).
    """

    kind: int
    lattice: F8
    table: I4
    modules: F8


@lean
def _hexagon_at(x: float, y: float, lattice: F8, table: I4) -> int:
    a = (x - lattice[0]) / (lattice[2] * math.sqrt(0.75))
    b = (y - lattice[1]) / lattice[2] - 0.5 * a
    # The nearest of the points with whole a, b and c = -a - b: round all three, and
    # take back the one that was rounded most.
    near_a, near_b = np.floor(a + 0.5), np.floor(b + 0.5)
    near_c = np.floor(0.5 - a - b)
    off_a, off_b, off_c = abs(near_a - a), abs(near_b - b), abs(near_c + a + b)
    if off_a > off_b and off_a > off_c:
        near_a = -near_b - near_c
    elif off_b > off_c:
        near_b = -near_a - near_c
    i, j = near_a - lattice[3], near_b - lattice[4]
    # Compared as floats: NaN, and points far away, have no whole number.
    if 0.0 <= i < table.shape[0] and 0.0 <= j < table.shape[1]:
        return int(table[int(i), int(j)])
    return -1


@lean
def _square_at(x: float, y: float, lattice: F8, table: I4, modules: F8) -> int:
    i, j = (x - lattice[0]) / lattice[2], (y - lattice[1]) / lattice[3]
    if not (0.0 <= i < table.shape[0] and 0.0 <= j < table.shape[1]):
        return -1
    module = int(table[int(i), int(j)])
    if module < 0:
        return -1
    side, half = int(lattice[4]), lattice[5]
    dx, dy = x - modules[module, 0], y - modules[module, 1]
    slow = modules[module, 2] * dx + modules[module, 3] * dy + 0.5 * side
    fast = modules[module, 4] * dx + modules[module, 5] * dy + 0.5 * side
    k, l = np.floor(slow), np.floor(fast)  # noqa: E741
    if not (0 <= k < side and 0 <= l < side):
        return -1
    if abs(slow - k - 0.5) > half or abs(fast - l - 0.5) > half:
        return -1
    return int((module * side + int(k)) * side + int(l))


@lean
def pixel_of(x: float, y: float, kind: int, lattice: F8, table: I4, modules: F8) -> int:
    """Return the pixel at a point, -1 where there is none: `PixelLookup`."""
    if kind == HEXAGONS:
        return _hexagon_at(x, y, lattice, table)
    return _square_at(x, y, lattice, table, modules)


@njit
def pixels_of(x: F8, y: F8, kind: int, lattice: F8, table: I4, modules: F8) -> I4:
    """Pixels at many points.

    Parameters
    ----------
    x, y : float64[n]
        Points.
    kind, lattice, table, modules
        Of a `PixelLookup`.

    Returns
    -------
    pixel : int32[n]
        -1 where there is none.
    """
    pixel = np.empty(x.size, np.int32)
    for i in range(x.size):
        pixel[i] = pixel_of(x[i], y[i], kind, lattice, table, modules)
    return pixel
