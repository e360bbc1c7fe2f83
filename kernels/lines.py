"""Where lines and planes meet: closed forms for the few of one event.

Axis letter: ``k`` lines or planes, of which there are at least two. Results are NaN
where all are parallel.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8

# Below these, relative to their largest possible value, what is left of a vector
# product or of a determinant is rounding: the lines are parallel.
_PARALLEL_PLANES = 1e-13
_SINGULAR = 64 * np.finfo(np.float64).eps

Vector = F8 | tuple[float, float, float]


@inline
def cross(a: Vector, b: Vector) -> tuple[float, float, float]:
    """Return the vector product."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


@inline
def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inline
def crossing(a: Vector, b: Vector) -> tuple[float, float, float]:
    """Line common to two planes, pointing up; its length is part of its weight."""
    x, y, z = cross(a, b)
    return (-x, -y, -z) if z < 0.0 else (x, y, z)


@njit
def mean_crossing(normal: F8, weight: F8) -> tuple[float, float, float]:
    """Direction of the weighted mean of the lines in which pairs of planes meet.

    Parameters
    ----------
    normal : float64[k, 3]
        Normals of the planes; their lengths are part of the weights.
    weight : float64[k]
        Weight of each; a pair has the product.
    """
    x = y = z = size = 0.0
    for a in range(len(normal)):
        size += weight[a] * math.sqrt(dot(normal[a], normal[a]))
        for b in range(a + 1, len(normal)):
            common = crossing(normal[a], normal[b])
            pair = weight[a] * weight[b]
            x += pair * common[0]
            y += pair * common[1]
            z += pair * common[2]
    norm = math.sqrt(x * x + y * y + z * z)
    if not norm > _PARALLEL_PLANES * size * size:
        return math.nan, math.nan, math.nan
    return x / norm, y / norm, z / norm


@njit
def mean_distance(normal: F8, mean: Vector) -> float:
    """Mean angle, over all pairs, between their crossing and the mean one."""
    total = 0.0
    for a in range(len(normal)):
        for b in range(a + 1, len(normal)):
            common = crossing(normal[a], normal[b])
            away = cross(mean, common)
            total += math.atan2(math.sqrt(dot(away, away)), dot(mean, common))
    return 2.0 * total / (len(normal) * (len(normal) - 1))


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
    if not determinant > _SINGULAR * (xx + yy) ** 2:
        return math.nan, math.nan
    return (yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant


@njit
def nearest_in_space(axis: F8, position: F8) -> float:
    """Third coordinate of the point of space closest to k lines.

    Solves ``sum(1 - u u^T) x = sum(1 - u u^T) position`` for the third component,
    relative to the first position, which keeps the digits.

    Parameters
    ----------
    axis : float64[k, 3]
        Unit vector of each line.
    position : float64[k, 3]
        A point of each line.
    """
    m = np.zeros((3, 3))
    v = np.zeros(3)
    for a in range(len(axis)):
        away = (
            position[a, 0] - position[0, 0],
            position[a, 1] - position[0, 1],
            position[a, 2] - position[0, 2],
        )
        along = dot(axis[a], away)
        for i in range(3):
            m[i, i] += 1.0
            v[i] += away[i] - axis[a, i] * along
            for j in range(3):
                m[i, j] -= axis[a, i] * axis[a, j]
    adjoint = cross(m[0], m[1])
    determinant = dot(adjoint, m[2])
    if not determinant > _SINGULAR * len(axis) ** 3:
        return math.nan
    height: float = position[0, 2] + dot(adjoint, v) / determinant
    return height
