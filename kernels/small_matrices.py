"""Symmetric matrices of a few rows, for fits of a few parameters.

Shapes: ``n`` rows.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8

_MAX_SWEEPS = 30
"""Sweeps of rotations; three rows need five or six."""


@njit
def cholesky(matrix: F8, lower: F8) -> bool:
    """Factorise a positive definite matrix; tell whether it is one.

    Parameters
    ----------
    matrix : float64[n, n]
        Symmetric; what is above the diagonal is not read.
    lower : float64[n, n]
        Result: the factor ``L`` of ``L @ L.T``; nothing is written above the diagonal.
    """
    for i in range(matrix.shape[0]):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = rest / lower[j, j]
            elif rest > 0.0 and rest < math.inf:
                lower[i, i] = math.sqrt(rest)
            else:
                return False
    return True


@njit
def solve(lower: F8, right: F8, out: F8) -> None:
    """Solve ``L @ L.T @ out = right``; ``out`` may be ``right`` itself.

    Parameters
    ----------
    lower : float64[n, n]
        From `cholesky`.
    right, out : float64[n]
        Right side, and the solution.
    """
    n = lower.shape[0]
    for i in range(n):
        rest = right[i]
        for k in range(i):
            rest -= lower[i, k] * out[k]
        out[i] = rest / lower[i, i]
    for i in range(n - 1, -1, -1):
        rest = out[i]
        for k in range(i + 1, n):
            rest -= lower[k, i] * out[k]
        out[i] = rest / lower[i, i]


@njit
def inverse(lower: F8, out: F8) -> None:
    """Write the inverse of ``L @ L.T`` into ``out``, float64[n, n]."""
    n = lower.shape[0]
    for i in range(n):
        for j in range(n):
            out[i, j] = 1.0 if i == j else 0.0
        solve(lower, out[i], out[i])


@njit
def smallest_eigenvector(matrix: F8, vector: F8) -> None:
    """Direction in which a symmetric matrix is smallest, by Jacobi's rotations.

    Parameters
    ----------
    matrix : float64[n, n]
        Symmetric; overwritten by its eigenvalues on the diagonal.
    vector : float64[n]
        Result, of length 1.
    """
    n = matrix.shape[0]
    axes = np.zeros((n, n))
    for i in range(n):
        axes[i, i] = 1.0
    for _ in range(_MAX_SWEEPS):
        rest = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                rest += abs(matrix[i, j])
                if matrix[i, j] != 0.0:
                    _rotate(matrix, axes, i, j)
        if rest == 0.0:
            break
    smallest = 0
    for i in range(1, n):
        if matrix[i, i] < matrix[smallest, smallest]:
            smallest = i
    for k in range(n):
        vector[k] = axes[k, smallest]


@njit
def _rotate(matrix: F8, axes: F8, i: int, j: int) -> None:
    """Turn axes ``i`` and ``j`` so that their common element becomes 0."""
    angle = 0.5 * math.atan2(2.0 * matrix[i, j], matrix[j, j] - matrix[i, i])
    if angle > 0.25 * math.pi:
        angle -= 0.5 * math.pi  # the smaller one of two, or it would not converge
    elif angle < -0.25 * math.pi:
        angle += 0.5 * math.pi
    c = math.cos(angle)
    s = math.sin(angle)
    for k in range(matrix.shape[0]):
        first, second = matrix[k, i], matrix[k, j]
        matrix[k, i] = c * first - s * second
        matrix[k, j] = s * first + c * second
        first, second = axes[k, i], axes[k, j]
        axes[k, i] = c * first - s * second
        axes[k, j] = s * first + c * second
    for k in range(matrix.shape[0]):
        first, second = matrix[i, k], matrix[j, k]
        matrix[i, k] = c * first - s * second
        matrix[j, k] = s * first + c * second
    matrix[i, j] = matrix[j, i] = 0.0
