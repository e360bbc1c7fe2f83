"""Slow, obvious Hillas parameters of one image: what `kernels.hillas` must equal.

The width and length uncertainties are written in the components of the covariance
matrix, where the kernel has them along the axes.
"""

import numpy as np


def hillas(q, x, y, area):
    nan = np.nan
    q = q.astype(float)
    if not q.sum() > 0 or (q < 0).any():
        return np.full(14, nan)
    size = q.sum()
    cx, cy = np.average(x, weights=q), np.average(y, weights=q)
    dx, dy = x - cx, y - cy
    cov = np.cov(x, y, aweights=q, ddof=0) if q.size > 1 else np.zeros((2, 2))
    values, vectors = np.linalg.eigh(cov)
    values[np.abs(values) <= np.finfo(float).eps] = 0
    width, length = np.sqrt(values)
    place = [cx, cy, np.sqrt(cx**2 + cy**2), np.angle(cx + 1j * cy)]
    if length == 0:
        return np.array([size, nan, nan, *place, 0, nan, 0, nan, nan, nan, nan])

    vx, vy = vectors[:, 1]
    psi = np.arctan(vy / vx) if vx != 0 else np.pi / 2
    along, across = np.array(
        [[np.cos(psi), np.sin(psi)], [-np.sin(psi), np.cos(psi)]]
    ) @ [dx, dy]

    c2, s2 = np.cos(psi) ** 2, np.sin(psi) ** 2
    a, b, c = dx**2 - cov[0, 0], dy**2 - cov[1, 1], dx * dy - cov[0, 1]
    of_length = c2 * a + s2 * b + np.sin(2 * psi) * c
    of_width = s2 * a + c2 * b - np.sin(2 * psi) * c
    length_uncertainty = np.sqrt((of_length**2 * q).sum()) / size / (2 * length)
    width_uncertainty = (
        np.sqrt((of_width**2 * q).sum()) / size / (2 * width) if width else nan
    )

    design = np.stack([along, np.ones_like(along)], axis=1)
    weights = np.diag(q / area)
    covariance = np.linalg.inv(design.T @ weights @ design)
    tilt = (covariance @ design.T @ weights @ across)[0]
    psi_uncertainty = (
        np.sqrt(covariance[0, 0] + tilt**2) / np.cos(width / length * np.pi / 2) ** 2
    )
    return np.array(
        [
            size,
            np.average((along / length) ** 3, weights=q),
            np.average((along / length) ** 4, weights=q),
            *place,
            length,
            length_uncertainty,
            width,
            width_uncertainty,
            psi,
            psi_uncertainty,
            np.sqrt(covariance[1, 1] * (1 + np.sin(tilt) ** 2)),
        ]
    )
