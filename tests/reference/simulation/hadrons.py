"""Collisions of hadrons, as functions of uniform numbers."""

import math


def interaction_length(kind, energy):
    proton = 290 * (1 + 0.045 * math.log(energy / 100))
    ratio = {"pion": 0.78, "kaon": 0.7}.get(kind, 1)
    return 24160 / (ratio * proton)


def share(u, b):
    """Quantile of Beta(1, b) at 1 - u."""
    return -math.expm1(math.log(u) / b)


def inclusive(x, theta):
    """Secondaries per unit of x, if each takes a Beta(1, theta) share of the rest."""
    return theta * (1 - x) ** (theta - 1) / x
