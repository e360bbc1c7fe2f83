"""Where planes and lines of space meet: closed forms for the few of one event.

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
SINGULAR = 64 * np.finfo(np.float64).eps

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


@inline
def _from_first(position: F8, a: int) -> tuple[float, float, float]:
    """Return a position as seen from the first one."""
    return (
        position[a, 0] - position[0, 0],
        position[a, 1] - position[0, 1],
        position[a, 2] - position[0, 2],
    )


@njit
def nearest_in_space(axis: F8, position: F8) -> tuple[float, float]:
    """Third coordinate of the point of space closest to k lines, and its uncertainty.

    Solves ``sum(1 - u u^T) x = sum(1 - u u^T) position``, relative to the first
    position, which keeps the digits. The uncertainty is that of a least-squares fit, as
    in `scatter_in_plane`, with 2 k - 3 degrees of freedom.

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
        away = _from_first(position, a)
        along = dot(axis[a], away)
        for i in range(3):
            m[i, i] += 1.0
            v[i] += away[i] - axis[a, i] * along
            for j in range(3):
                m[i, j] -= axis[a, i] * axis[a, j]
    # Rows of the adjoint matrix.
    by_x, by_y, by_z = cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])
    determinant = dot(by_z, m[2])
    if not determinant > SINGULAR * len(axis) ** 3:
        return math.nan, math.nan
    x, y, z = dot(by_x, v), dot(by_y, v), dot(by_z, v)
    x, y, z = x / determinant, y / determinant, z / determinant
    squares = 0.0
    for a in range(len(axis)):
        away = _from_first(position, a)
        miss = cross((x - away[0], y - away[1], z - away[2]), axis[a])
        squares += dot(miss, miss)
    variance = squares / (2 * len(axis) - 3) * by_z[2] / determinant
    height: float = position[0, 2] + z
    return height, math.sqrt(variance)
