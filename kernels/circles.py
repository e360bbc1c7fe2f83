"""Circles through weighted points.

Shapes: ``n`` points. Results have the unit of the positions.

Kundu-Chaudhuri: B. B. Chaudhuri and P. Kundu, "Optimum circular fit to weighted data in
multi-dimensional space", Pattern Recognit. Lett. 14, 1 (1993). Taubin: G. Taubin,
"Estimation of planar curves", IEEE Trans. Pattern Anal. Mach. Intell. 13, 1115 (1991),
with the weights of ctapipe.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8
from cta_columnar.kernels.small_matrices import (
    cholesky,
    inverse,
    smallest_eigenvector,
)

CIRCLE = ("x", "y", "radius", "x_err", "y_err", "radius_err")
_X = CIRCLE.index("x")
_Y = CIRCLE.index("y")
_RADIUS = CIRCLE.index("radius")
_X_ERR = CIRCLE.index("x_err")
_Y_ERR = CIRCLE.index("y_err")
_RADIUS_ERR = CIRCLE.index("radius_err")

_ON_A_LINE = 1e-12
"""Smaller over larger variance of points that lie on a line, but for rounding."""


@inline
def _centre(x: F8, y: F8, weight: F8) -> tuple[float, float, float]:
    """Sum of the weights, and the weighted mean position; NaN without weight."""
    total = sum_x = sum_y = 0.0
    for i in range(x.size):
        total += weight[i]
        sum_x += weight[i] * x[i]
        sum_y += weight[i] * y[i]
    if not total > 0.0:
        return math.nan, math.nan, math.nan
    return total, sum_x / total, sum_y / total


@inline
def _is_line(s_xx: float, s_xy: float, s_yy: float) -> bool:
    """Whether points with these sums of squares lie on a line, or are no points."""
    trace = s_xx + s_yy
    # Negative charges may turn the sign of the determinant.
    return not abs(s_xx * s_yy - s_xy * s_xy) > _ON_A_LINE * trace * trace


@njit
def kundu_chaudhuri_circle(x: F8, y: F8, weight: F8, out: F8) -> None:
    """Circle with the smallest weighted sum of squares of ``d**2 - radius**2``.

    Parameters
    ----------
    x, y, weight : float64[n]
        Points and their weights.
    out : float64[6]
        Result in the order of `CIRCLE`, NaN if there is no such circle. The errors are
        simple estimates from the scatter of the points, as in ctapipe.
    """
    out[:] = math.nan
    total, mean_x, mean_y = _centre(x, y, weight)
    if math.isnan(total):
        return
    # About the centre of the points: far from the origin the sums would cancel.
    s_xx = s_xy = s_yy = c_x = c_y = s_z = 0.0
    for i in range(x.size):
        dx = x[i] - mean_x
        dy = y[i] - mean_y
        z = dx * dx + dy * dy
        s_xx += weight[i] * dx * dx
        s_xy += weight[i] * dx * dy
        s_yy += weight[i] * dy * dy
        c_x += 0.5 * weight[i] * dx * z
        c_y += 0.5 * weight[i] * dy * z
        s_z += weight[i] * z
    if _is_line(s_xx, s_xy, s_yy):
        return
    determinant = s_xx * s_yy - s_xy * s_xy
    centre_x = (s_yy * c_x - s_xy * c_y) / determinant
    centre_y = (s_xx * c_y - s_xy * c_x) / determinant
    square = s_z / total + centre_x * centre_x + centre_y * centre_y
    if not (square > 0.0 and square < math.inf):
        return
    out[_X] = mean_x + centre_x
    out[_Y] = mean_y + centre_y
    out[_RADIUS] = math.sqrt(square)
    _scatter_errors(x, y, weight, total, out)


@inline
def _scatter_errors(x: F8, y: F8, weight: F8, total: float, out: F8) -> None:
    """Errors from the spread of the points about the circle, and along it."""
    square = out[_RADIUS] * out[_RADIUS]
    delta = delta_2 = root = root_2 = 0.0
    for i in range(x.size):
        d2 = (x[i] - out[_X]) ** 2 + (y[i] - out[_Y]) ** 2
        delta += weight[i] * (d2 - square)
        root += weight[i] * math.sqrt(d2 + 0.25 * square)
    delta /= total
    root /= total
    for i in range(x.size):
        d2 = (x[i] - out[_X]) ** 2 + (y[i] - out[_Y]) ** 2
        delta_2 += weight[i] * (d2 - square - delta) ** 2
        root_2 += weight[i] * (math.sqrt(d2 + 0.25 * square) - root) ** 2
    error = math.nan
    if delta_2 >= 0.0 and root_2 > 0.0:
        error = math.sqrt(delta_2 / root_2) / total / (2.0 * math.sqrt(2.0))
    out[_X_ERR] = out[_Y_ERR] = error
    out[_RADIUS_ERR] = 0.5 * error


@inline
def _quartic(x: F8, y: F8, weight: F8, mean_x: float, mean_y: float, out: F8) -> float:
    """Sum of ``weight * z``; to ``out`` products of ``weight * (z, x, y, 1)``.

    About the centre of the points, ``z = x**2 + y**2``.
    """
    out[:] = 0.0
    s_z = 0.0
    row = np.empty(4)
    for i in range(x.size):
        row[1] = x[i] - mean_x
        row[2] = y[i] - mean_y
        row[0] = row[1] * row[1] + row[2] * row[2]
        row[3] = 1.0
        s_z += weight[i] * row[0]
        for a in range(4):
            for b in range(4):
                out[a, b] += weight[i] * weight[i] * row[a] * row[b]
    return s_z


@njit
def taubin_circle(x: F8, y: F8, weight: F8, out: F8) -> None:
    """Circle with the smallest ``sum((w (d**2 - r**2))**2) / sum(w d**2)``.

    With the circle as ``a z + b x + c y + e = 0`` both sums are quadratic forms of its
    coefficients, so their smallest ratio is an eigenvalue: no start, no step, and no
    other minimum to end in. The lower sum is diagonal about the centre of the points.

    Parameters
    ----------
    x, y, weight : float64[n]
        Points and their weights.
    out : float64[6]
        Result in the order of `CIRCLE`; NaN if there is no circle, as for points on a
        line, or if the weights add up to nothing. The errors are those that raise the
        ratio by 1.
    """
    out[:] = math.nan
    total, mean_x, mean_y = _centre(x, y, weight)
    if math.isnan(total):
        return
    products = np.empty((4, 4))
    s_z = _quartic(x, y, weight, mean_x, mean_y, products)
    if not s_z > 0.0:
        return
    scale = np.array([1.0 / math.sqrt(s_z), 2.0 / math.sqrt(total), 0.0])
    scale[2] = scale[1]
    reduced = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            # With the best constant e for any a, b, c.
            rest = products[a, b] - products[a, 3] * products[b, 3] / products[3, 3]
            reduced[a, b] = rest
    if _is_line(reduced[1, 1], reduced[1, 2], reduced[2, 2]):
        return
    for a in range(3):
        for b in range(3):
            reduced[a, b] *= scale[a] * scale[b]  # now the lower sum has unit matrix
    best = np.empty(3)
    smallest_eigenvector(reduced, best)
    best *= scale
    if best[0] == 0.0:
        return
    constant = 0.0
    for a in range(3):
        constant -= products[a, 3] * best[a] / products[3, 3]
    centre_x = -0.5 * best[1] / best[0]
    centre_y = -0.5 * best[2] / best[0]
    square = centre_x * centre_x + centre_y * centre_y - constant / best[0]
    if not (square > 0.0 and square < math.inf):
        return
    out[_X] = mean_x + centre_x
    out[_Y] = mean_y + centre_y
    out[_RADIUS] = math.sqrt(square)
    _curvature_errors(x, y, weight, total, out)


@inline
def _curvature_errors(x: F8, y: F8, weight: F8, total: float, out: F8) -> None:
    """Errors from the second derivatives of the ratio at its minimum."""
    square = out[_RADIUS] * out[_RADIUS]
    upper = lower = 0.0
    second = np.zeros((3, 3))
    slope = np.empty(3)
    for i in range(x.size):
        dx = x[i] - out[_X]
        dy = y[i] - out[_Y]
        delta = dx * dx + dy * dy - square
        w2 = weight[i] * weight[i]
        upper += w2 * delta * delta
        lower += weight[i] * (dx * dx + dy * dy)
        slope[0], slope[1], slope[2] = -2.0 * dx, -2.0 * dy, -2.0 * out[_RADIUS]
        for a in range(3):
            second[a, a] += 2.0 * w2 * delta * (2.0 if a < 2 else -2.0)
            for b in range(3):
                second[a, b] += 2.0 * w2 * slope[a] * slope[b]
    # At a minimum, d2(u / l) = (d2u - (u / l) d2l) / l.
    for a in range(2):
        second[a, a] -= upper / lower * 2.0 * total
    second /= 2.0 * lower
    factor = np.empty((3, 3))
    if cholesky(second, factor):
        covariance = np.empty((3, 3))
        inverse(factor, covariance)
        out[_X_ERR] = math.sqrt(covariance[0, 0])
        out[_Y_ERR] = math.sqrt(covariance[1, 1])
        out[_RADIUS_ERR] = math.sqrt(covariance[2, 2])
