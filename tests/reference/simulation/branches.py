"""Pairs, radiation and bending, from their formulas by numerical integration."""

import numpy as np

SOFT = 0.01


def pair(y):
    return np.where((y > 0) & (y < 1), 1 - 4 / 3 * y * (1 - y), 0.0)


def radiation(y):
    return np.where((y > SOFT) & (y < 1), (4 / 3 * (1 - y) + y**2) / y, 0.0)


def share_below(density, edge):
    y = np.linspace(1e-4, 1, 200_001)
    values = density(y)
    return values[y < edge].sum() / values.sum()


def rate():
    y = np.linspace(SOFT, 1, 200_001)[1:-1]
    return radiation(y).sum() * (1 - SOFT) / 200_000


def bent(momentum, length, field):
    """A positron that comes straight down: in 2000 small steps (GeV, m, uT)."""
    place, velocity = np.zeros(3), np.array([0.0, 0.0, -1.0])
    step = length / 2000
    for _ in range(2000):
        force = 0.299792458e-6 * np.cross(velocity, field) / momentum
        middle = velocity + 0.5 * step * force
        place = place + step * middle
        velocity = velocity + step * force
    return place, -velocity / np.linalg.norm(velocity)
