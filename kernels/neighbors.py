"""Nearest pixels, found through square cells.

Shapes: ``p`` pixels, ``m`` neighbours at most. Positions may have any unit.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4


@njit
def _cell_coordinates(x: F8, y: F8) -> tuple[float, I4, I4]:
    """Size of the cells, and the column and row of each point; about p cells in all."""
    low_x, low_y = x.min(), y.min()
    width_x, width_y = x.max() - low_x, y.max() - low_y
    # Not less than a p-th of the width: points on a line get p cells, not p^2.
    size = max(math.sqrt(width_x * width_y / x.size), max(width_x, width_y) / x.size)
    column, row = np.zeros(x.size, np.int32), np.zeros(x.size, np.int32)
    if 0.0 < size < math.inf:  # else all points are in one place
        for p in range(x.size):
            column[p] = int((x[p] - low_x) / size)
            row[p] = int((y[p] - low_y) / size)
    return size, column, row


@njit
def _sort_by_cell(column: I4, row: I4) -> tuple[I4, I4, I4]:
    """Points in the order of their cells; where in it each cell begins and ends."""
    begin = np.zeros((column.max() + 1, row.max() + 1), np.int32)
    for p in range(row.size):
        begin[column[p], row[p]] += 1
    before = 0
    for i in range(begin.shape[0]):
        for j in range(begin.shape[1]):
            before += begin[i, j]
            begin[i, j] = before - begin[i, j]
    end = begin.copy()
    order = np.empty(row.size, np.int32)
    for p in range(row.size):
        order[end[column[p], row[p]]] = p
        end[column[p], row[p]] += 1
    return order, begin, end


@njit
def _keep_nearest(q: int, distance: float, best: F8, near: I4) -> None:
    """Insert a point into the list of nearest ones; ties go to the lower index."""
    m = best.size - 1
    if not (distance < best[m] or (distance == best[m] and q < near[m])):
        return
    while m > 0 and (
        distance < best[m - 1] or (distance == best[m - 1] and q < near[m - 1])
    ):
        best[m], near[m] = best[m - 1], near[m - 1]
        m -= 1
    best[m], near[m] = distance, q


@njit
def _search_ring(
    p: int,
    k: int,
    x: F8,
    y: F8,
    by_l1_norm: bool,
    column: I4,
    row: I4,
    order: I4,
    begin: I4,
    end: I4,
    best: F8,
    near: I4,
) -> None:
    """Look for near points of ``p`` in the ring of cells ``k`` cells away."""
    n_columns, n_rows = begin.shape
    for i in range(max(column[p] - k, 0), min(column[p] + k + 1, n_columns)):
        # whole columns at the sides of the ring, two cells of the ones between
        step = 1 if abs(i - column[p]) == k else 2 * k
        for j in range(row[p] - k, row[p] + k + 1, step):
            if not 0 <= j < n_rows:
                continue
            for s in range(begin[i, j], end[i, j]):
                q = order[s]
                if q != p:
                    dx, dy = abs(x[q] - x[p]), abs(y[q] - y[p])
                    d = dx + dy if by_l1_norm else math.sqrt(dx * dx + dy * dy)
                    _keep_nearest(q, d, best, near)


@njit
def neighbor_lists(
    x: F8, y: F8, reach: float, most: int, by_l1_norm: bool
) -> tuple[I4, I4]:
    """Neighbours: the nearest points, if closer than ``reach`` times the nearest one.

    Parameters
    ----------
    x, y : float64[p]
        Positions, finite.
    reach : float
        Factor on the distance of a point to the point nearest to it; at least 1.
    most : int
        Most neighbours a point may have; the nearest ones are kept.
    by_l1_norm : bool
        Whether distance is ``|dx| + |dy|`` rather than ``hypot(dx, dy)``.

    Returns
    -------
    near : int32[p, m]
        Neighbours of each point, ascending; the rest of a row means nothing.
    counts : int32[p]
        How many neighbours it has.
    """
    near = np.zeros((x.size, most), np.int32)
    counts = np.zeros(x.size, np.int32)
    if x.size < 2:
        return near, counts
    size, column, row = _cell_coordinates(x, y)
    order, begin, end = _sort_by_cell(column, row)
    best = np.empty(most)
    for p in range(x.size):
        best[:] = math.inf
        for k in range(max(begin.shape)):
            _search_ring(
                p, k, x, y, by_l1_norm, column, row, order, begin, end, best, near[p]
            )
            # What lies in the next ring is farther than k cells.
            if reach * best[0] <= k * size:
                break
        counts[p] = (best < reach * best[0]).sum()
        near[p, : counts[p]].sort()
    return near, counts
