"""Slow, obvious islands: what `kernels.morphology` must equal."""

import numpy as np


def islands(mask, camera):
    """One event: pixels take over their neighbours' lowest pixel until all agree."""
    pixels = np.flatnonzero(mask)
    lowest, before = dict(zip(pixels, pixels, strict=True)), {}
    while lowest != before:
        before = lowest.copy()
        for p in pixels:
            around = [lowest[q] for q in camera.neighbors(p) if q in lowest]
            lowest[p] = min([lowest[p], *around])
    roots = sorted(set(lowest.values()))
    labels = np.zeros(mask.size, int)
    for p, root in lowest.items():
        labels[p] = 1 + roots.index(root)
    return labels, len(roots)


def heaviest_island(mask, weight, camera):
    labels, n_islands = islands(mask, camera)
    sums = [weight[labels == i].sum(dtype=float) for i in range(1, n_islands + 1)]
    order = sorted(
        range(n_islands), key=lambda i: (np.isnan(sums[i]), -np.nan_to_num(sums[i]), i)
    )
    return labels == order[0] + 1 if order else np.zeros_like(mask)
