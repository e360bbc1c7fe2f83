"""Straight lines by least trimmed squares.

P. J. Rousseeuw and K. Van Driessen, "Computing LTS regression for large data sets",
Data Min. Knowl. Disc. 12 (2006): from several starting lines, keep the points with the
smallest residuals and refit, until the kept points stay the same.

Shapes: ``n`` points, ``m`` starting pairs of points.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit, summing
from cta_columnar.kernels._types import F8, I8, Mask
from cta_columnar.kernels.smallest import mark_smallest

MAX_REFITS = 20
"""Refits per start. Images of a thousand pixels need up to 13."""
_SINGULAR = 2.0 * float(np.finfo(np.float64).eps)
"""Determinant of the normal equations of points that share one ``x``."""
_TIE = 1e-12
"""Sums of squares that differ by no more are equal."""
_LIMIT_PER_MEAN = 0.7
"""Typical largest kept square over the mean square; only speed depends on it."""

_SLOPE = 0
_INTERCEPT = 1
_TRIMMED_SUM = 2
_FULL_SUM = 3
_N_SOLUTION = 4

Line = tuple[float, float]


@summing
def _total(values: F8) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@summing
def _means(x: F8, y: F8, kept: Mask) -> tuple[float, float, float]:
    """Count the kept points, and find their centre."""
    n = sum_x = sum_y = 0.0
    for i in range(x.size):
        n += 1.0 if kept[i] else 0.0
        sum_x += x[i] if kept[i] else 0.0
        sum_y += y[i] if kept[i] else 0.0
    return n, sum_x / n, sum_y / n


@summing
def _spread(
    x: F8, y: F8, kept: Mask, mean_x: float, mean_y: float
) -> tuple[float, float]:
    """Sum squares of ``x``, and products of ``x`` and ``y``, about the centre."""
    s_xx = s_xy = 0.0
    for i in range(x.size):
        dx = x[i] - mean_x if kept[i] else 0.0
        s_xx += dx * dx
        s_xy += dx * (y[i] - mean_y)
    return s_xx, s_xy


@inline
def _fit(x: F8, y: F8, kept: Mask) -> Line:
    """Least squares line through the kept points; NaN if they share one ``x``."""
    n, mean_x, mean_y = _means(x, y, kept)
    # About the mean: only so is the sum surely 0 for points of one x.
    s_xx, s_xy = _spread(x, y, kept, mean_x, mean_y)
    if n * s_xx < _SINGULAR:
        return math.nan, math.nan
    slope = s_xy / s_xx
    return slope, mean_y - slope * mean_x


@inline
def _through(x: F8, y: F8, i: int, j: int) -> Line:
    """Line through two points; NaN if they share one ``x``."""
    run = x[j] - x[i]
    if run * run < _SINGULAR:  # run * run is the determinant of two points
        return math.nan, math.nan
    slope = (y[j] - y[i]) / run
    return slope, y[i] - slope * x[i]


@inline
def _squares(x: F8, y: F8, line: Line, out: F8) -> None:
    """Squared residuals of all points."""
    for i in range(x.size):
        residual = y[i] - (line[0] * x[i] + line[1])
        out[i] = residual * residual


@inline
def _place(line: Line, seen: F8, n_seen: int) -> int:
    """Where a line stands among those seen; ``n_seen`` if it is new."""
    for s in range(n_seen):
        if seen[s, 0] == line[0] and seen[s, 1] == line[1]:
            return s
    return n_seen


@njit
def _refine(
    x: F8,
    y: F8,
    line: Line,
    n_kept: int,
    kept: Mask,
    squares: F8,
    seen: F8,
    n_seen: int,
    solution: F8,
) -> tuple[bool, int]:
    """Refit from one start; tell if ``solution`` is a new one, and count lines seen."""
    n_before = n_seen
    kept[:] = False
    _squares(x, y, line, squares)
    limit = _LIMIT_PER_MEAN * _total(squares) / x.size
    for _ in range(MAX_REFITS):
        changed, limit = mark_smallest(squares, n_kept, limit, kept)
        if not changed:
            break
        line = _fit(x, y, kept)
        if math.isnan(line[0]):
            return False, n_seen
        place = _place(line, seen, n_seen)
        if place < n_before:
            # A line that an earlier start came by leads where that start ended.
            return False, n_seen
        _squares(x, y, line, squares)
        if place < n_seen:
            # Points on one line: only rounding tells them apart, and goes in circles.
            break
        seen[n_seen, 0], seen[n_seen, 1] = line
        n_seen += 1

    solution[_SLOPE], solution[_INTERCEPT] = line
    solution[_TRIMMED_SUM] = solution[_FULL_SUM] = 0.0
    for i in range(x.size):
        solution[_FULL_SUM] += squares[i]
        if kept[i]:
            solution[_TRIMMED_SUM] += squares[i]
    return True, n_seen


@njit
def _best(solutions: F8) -> Line:
    """Smallest trimmed sum; of equals smallest full sum; of equals flattest line."""
    trimmed = full = steepness = math.inf
    line = (math.nan, math.nan)
    for s in range(solutions.shape[0]):
        trimmed = min(trimmed, solutions[s, _TRIMMED_SUM])
    for s in range(solutions.shape[0]):
        if solutions[s, _TRIMMED_SUM] <= trimmed + _TIE:
            full = min(full, solutions[s, _FULL_SUM])
    for s in range(solutions.shape[0]):
        if (
            solutions[s, _TRIMMED_SUM] <= trimmed + _TIE
            and solutions[s, _FULL_SUM] <= full + _TIE
            and abs(solutions[s, _SLOPE]) < steepness
        ):
            steepness = abs(solutions[s, _SLOPE])
            line = (solutions[s, _SLOPE], solutions[s, _INTERCEPT])
    return line


@njit
def trimmed_line(
    x: F8,
    y: F8,
    n_kept: int,
    pairs: I8,
) -> Line:
    """Line with the smallest sum of squares over its ``n_kept`` closest points.

    Parameters
    ----------
    x, y : float64[n]
        Points, all finite.
    n_kept : int
        Points of the trimmed sum, 1 to ``n``.
    pairs : int64[m, 2]
        Pairs of points: each gives a starting line, besides the line through all.

    Returns
    -------
    slope, intercept : float
        Of the best line reached. Trimmed sums within 1e-12 go to the smaller sum over
        all points, then to the flatter line. NaN if every start ends in points of one
        ``x``, as it must with ``n_kept`` = 1.
    """
    n_starts = pairs.shape[0] + 1
    squares = np.empty(x.size)
    kept = np.ones(x.size, np.bool_)
    seen = np.empty((n_starts * MAX_REFITS, 2))
    solutions = np.empty((n_starts, _N_SOLUTION))
    n_seen = n_solutions = 0
    for start in range(n_starts):
        if start == 0:
            line = _fit(x, y, kept)
        else:
            line = _through(x, y, pairs[start - 1, 0], pairs[start - 1, 1])
        if not math.isnan(line[0]):
            is_new, n_seen = _refine(
                x, y, line, n_kept, kept, squares, seen, n_seen, solutions[n_solutions]
            )
            n_solutions += is_new
    return _best(solutions[:n_solutions])
