"""Slow, obvious changes of one image: what `kernels.image_modifier` must equal.

Only for small Poisson means, which are drawn by inversion.
"""

import numpy as np

from reference.pixel_streams import uniforms
from reference.simulation.draws import poisson_quantile

SMEARING, NOISE = 2, 3


def count(u, mean):
    return poisson_quantile(next(u), mean) if mean > 0 else 0


def smear_psf(charge, fraction, seed, key, camera):
    most = max(np.diff(camera.indptr), default=0)
    new = charge.copy()
    for pixel in range(charge.size):
        u = uniforms(seed, SMEARING, *key, pixel)
        n_moved = count(u, fraction * float(charge[pixel]))
        new[pixel] -= n_moved
        ways = [*camera.neighbors(pixel)]
        for _ in range(n_moved * (most > 0)):
            way = int(next(u) * most)
            if way < len(ways):
                new[ways[way]] += 1
    return new


def add_noise(charge, transition, dim, bright, bias, correct, seed, key):
    new = []
    for pixel, q in enumerate(charge.astype(float)):
        level, extra = (bright, 0) if q > transition else (dim, bias)
        drawn = count(uniforms(seed, NOISE, *key, pixel), level)
        new.append(q + drawn - correct * level + extra)
    return new
