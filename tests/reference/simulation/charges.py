"""Charges, one at a time: what `kernels.simulation.charges` must give."""

import numpy as np


def charge(u, quantiles):
    levels = np.linspace(0, 1, len(quantiles))
    return float(np.interp(next(u), levels, quantiles))


def detect(u, normal, pixel, time, efficiency, delay, jitter, quantiles):
    """``normal(u)`` draws from the stream ``u`` of uniforms."""
    out = []
    for p, t in zip(pixel, time, strict=True):
        chance = next(u)
        whole, part = divmod(float(efficiency[p]), 1)
        for _ in range(int(whole) + (chance >= 1 - part)):
            q = charge(u, quantiles)
            out.append((p, t, q, t + delay[p] + jitter * normal(u)))
    return [list(column) for column in zip(*out, strict=True)] or [[], [], [], []]
