"""Where lines of a plane meet: closed forms for the few of one event.

Axis letter: ``k`` lines, of which there are at least two. Results are NaN where all
are parallel.
"""

import math

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8
from cta_columnar.kernels.lines import SINGULAR

# Sine below which two lines do not cross.
_PARALLEL = 1e-12


@njit
def nearest_in_plane(angle: F8, point: F8) -> tuple[float, float]:
    """Point of a plane closest to k lines: unweighted least squares.

    Parameters
    ----------
    angle : float64[k]
        Angle of each line from the x axis.
    point : float64[k, 2]
        A point of each line.
    """
    xx = xy = yy = x = y = 0.0
    for a in range(len(angle)):
        sin, cos = math.sin(angle[a]), math.cos(angle[a])
        distance = cos * point[a, 1] - sin * point[a, 0]
        xx += sin * sin
        xy -= sin * cos
        yy += cos * cos
        x -= sin * distance
        y += cos * distance
    determinant = xx * yy - xy * xy
    if not determinant > SINGULAR * (xx + yy) ** 2:
        return math.nan, math.nan
    return (yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant


@njit
def scatter_in_plane(
    angle: F8, point: F8, x: float, y: float
) -> tuple[float, float, float]:
    """Covariance of the point of `nearest_in_plane`: xx, xy, yy.

    As of any least-squares fit of unknown error (Particle Data Group, Review of
    Particle Physics, section "Statistics"): the inverse of the normal matrix, times the
    sum of squared distances over the degrees of freedom, k - 2.

    Parameters
    ----------
    angle, point : float64[k], float64[k, 2]
        As there; k is at least 3.
    x, y : float
        The point.
    """
    xx = xy = yy = squares = 0.0
    for a in range(len(angle)):
        sin, cos = math.sin(angle[a]), math.cos(angle[a])
        xx += sin * sin
        xy -= sin * cos
        yy += cos * cos
        squares += (cos * (y - point[a, 1]) - sin * (x - point[a, 0])) ** 2
    scale = squares / ((len(angle) - 2) * (xx * yy - xy * xy))
    return scale * yy, -scale * xy, scale * xx


@inline
def _pair(
    point: F8, heading: F8, weight: F8, harmonic: bool, a: int, b: int
) -> tuple[float, float, float]:
    """Crossing of two lines, and its weight: 0 if they are parallel."""
    sin = heading[a, 0] * heading[b, 1] - heading[a, 1] * heading[b, 0]
    if not abs(sin) >= _PARALLEL:
        return 0.0, 0.0, 0.0
    pair = weight[a] * weight[b]
    if harmonic and pair > 0.0:
        pair /= weight[a] + weight[b]
    away_x, away_y = point[b, 0] - point[a, 0], point[b, 1] - point[a, 1]
    along = (away_x * heading[b, 1] - away_y * heading[b, 0]) / sin
    return (
        point[a, 0] + along * heading[a, 0],
        point[a, 1] + along * heading[a, 1],
        pair * abs(sin),
    )


@njit
def mean_of_crossings(
    point: F8, heading: F8, weight: F8, harmonic: bool
) -> tuple[float, float, float, float]:
    """Weighted mean of the points in which pairs of lines cross, and their scatter.

    Parameters
    ----------
    point : float64[k, 2]
        A point of each line.
    heading : float64[k, 2]
        Unit vector along each line, of either sense.
    weight : float64[k]
        Weight of each line.
    harmonic : bool
        Whether a pair has the weight a b / (a + b) rather than a b. Either is
        multiplied with the sine of the angle at which the lines cross.

    Returns
    -------
    x, y : float
        NaN where no pair crosses, or none has a weight.
    x_spread, y_spread : float
        Weighted standard deviations of the crossings.
    """
    x = y = total = 0.0
    for a in range(len(point)):
        for b in range(a + 1, len(point)):
            cross_x, cross_y, pair = _pair(point, heading, weight, harmonic, a, b)
            x += pair * cross_x
            y += pair * cross_y
            total += pair
    if not total > 0.0:
        return math.nan, math.nan, math.nan, math.nan
    x, y = x / total, y / total
    xx = yy = 0.0
    for a in range(len(point)):
        for b in range(a + 1, len(point)):
            cross_x, cross_y, pair = _pair(point, heading, weight, harmonic, a, b)
            xx += pair * (cross_x - x) ** 2
            yy += pair * (cross_y - y) ** 2
    return x, y, math.sqrt(xx / total), math.sqrt(yy / total)
