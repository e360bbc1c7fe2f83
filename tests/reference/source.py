"""Slow, obvious place of a source for one image: what `kernels.source` must equal."""

import numpy as np


def source_parameters(cog, psi, skewness, slope, source):
    """Complex numbers for points; the axis turned onto the real line."""
    if np.isnan(psi):
        return np.full(7, np.nan)
    turned = (source - cog) * np.exp(-1j * psi)
    to_line = abs(np.angle(turned))
    sign = -np.sign(turned.real) or 1.0
    return np.array(
        [
            abs(source - cog),
            min(to_line, np.pi - to_line),
            abs(turned.imag),
            turned.real,
            turned.imag,
            sign * skewness,
            sign * slope,
        ]
    )
