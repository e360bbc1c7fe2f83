"""Slow, obvious leakage of one image: what `kernels.leakage` must equal."""

import numpy as np


def leakage(charge, mask, border_1, border_2):
    if not charge[mask].sum() > 0:
        return np.full(4, np.nan)
    q = charge.astype(float)
    return np.array(
        [
            (mask & border_1).sum() / mask.sum(),
            (mask & border_2).sum() / mask.sum(),
            q[mask & border_1].sum() / q[mask].sum(),
            q[mask & border_2].sum() / q[mask].sum(),
        ]
    )
