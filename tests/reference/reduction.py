"""Slow, obvious volume reduction: what `kernels.reduction` must equal."""

import numpy as np

from reference.cleaning import dilate, tailcuts


def tailcuts_reduction(
    charge, picture, boundary, min_neighbors, keep_isolated, to_boundary, n_end, camera
):
    """One event: ``charge[p]``."""
    mask = tailcuts(charge, picture, boundary, min_neighbors, keep_isolated, camera)
    before = None
    while to_boundary and not np.array_equal(mask, before):
        before = mask
        mask = dilate(mask, camera) & (charge >= boundary)
    for _ in range(n_end):
        mask = dilate(mask, camera)
    return mask


def grown(mask, n_rings, camera):
    """One event: ``mask[p]``."""
    for _ in range(n_rings):
        mask = dilate(mask, camera)
    return mask
