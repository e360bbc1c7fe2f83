"""Formulas of Hillas (1982) for the electrons of a shower, one by one."""

import math

import numpy as np


def fraction_above(energy, age):
    e0 = 26.0 if age < 0.4 else 44 - 17 * (age - 1.46) ** 2
    return min(
        ((0.89 * e0 - 1.2) / (e0 + energy)) ** age * (1 + 1e-4 * age * energy) ** -2,
        1.0,
    )


def mean_w(energy, age):
    v = energy / (1150 + 454 * math.log(age))
    return 0.0054 * energy * (1 + v) / (1 + 13 * v + 8.3 * v**2)


def light_per_electron(age, refractivity):
    """Integral of the spectrum times sin2 of the Cherenkov angle, above threshold."""
    threshold = 0.511 / math.sqrt(2 * refractivity)
    edges = np.geomspace(threshold, 1e5, 20001)
    above = np.array([fraction_above(e, age) for e in edges])
    middle = np.sqrt(edges[1:] * edges[:-1])
    return np.sum(-np.diff(above) * (2 * refractivity - (0.511 / middle) ** 2))


def angle_quantile(q, shape):
    """Quantile of z with density ``2 z exp(-(z - z0) / l)``, by a fine sum."""
    z0, below, above = shape
    z = np.linspace(0, 8, 200001)
    density = z * np.exp(-(z - z0) / np.where(z < z0, below, above))
    cumulative = np.cumsum(density)
    return np.interp(q * cumulative[-1], cumulative, z)
