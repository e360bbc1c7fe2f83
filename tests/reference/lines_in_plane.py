"""Lines of a plane by general solvers: what `kernels.lines_in_plane` must equal.

A line goes through a point at an angle from the x axis: sin x - cos y = constant.
"""

from itertools import combinations

import numpy as np


def equations(points, angles):
    rows = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    return rows, (rows * points).sum(axis=1)


def nearest(points, angles):
    """Point closest to all lines, and its covariance (NaN for two lines)."""
    rows, targets = equations(points, angles)
    solution, *_ = np.linalg.lstsq(rows, targets, rcond=None)
    freedom = len(rows) - 2
    squares = ((rows @ solution - targets) ** 2).sum()
    scale = squares / freedom if freedom else np.nan
    return solution, scale * np.linalg.inv(rows.T @ rows)


def mean_of_crossings(points, angles, weights, harmonic):
    """Weighted mean and standard deviation, in each coordinate; None without any."""
    points, angles = np.asarray(points), np.asarray(angles)
    found, pair_weights = [], []
    for pair in combinations(range(len(points)), 2):
        a, b = pair
        sin = abs(np.sin(angles[a] - angles[b]))
        if sin < 1e-12:
            continue
        found.append(np.linalg.solve(*equations(points[[a, b]], angles[[a, b]])))
        product = weights[a] * weights[b]
        if harmonic:
            product /= weights[a] + weights[b]
        pair_weights.append(sin * product)
    if not found:
        return None
    mean = np.average(found, axis=0, weights=pair_weights)
    variance = np.average((found - mean) ** 2, axis=0, weights=pair_weights)
    return mean, np.sqrt(variance)
