"""Slow, obvious concentration of one image: what `kernels.concentration` must equal."""

import numpy as np


def concentration(q, x, y, pixel_width, intensity, cog_x, cog_y, length, width, psi):
    if not intensity > 0:
        return np.full(3, np.nan)
    offset = (x - cog_x) + 1j * (y - cog_y)
    near = np.abs(offset) < pixel_width
    core = np.zeros(q.size, bool)
    if width > 0:
        turned = offset * np.exp(-1j * psi)
        core = np.hypot(turned.real / length, turned.imag / width) <= 1
    return np.array([q[near].sum(), q[core].sum(), q.max()]) / intensity
