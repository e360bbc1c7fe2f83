"""Slow, obvious islands: what `kernels.morphology` must equal."""

import numpy as np


def islands(mask, camera):
    """One event: every pixel takes over its neighbours' lowest pixel until all agree."""
    lowest = {p: p for p in np.flatnonzero(mask)}
    changed = True
    while changed:
        changed = False
        for p in lowest:
            around = [lowest[q] for q in camera.neighbors(p) if q in lowest]
            least = min([lowest[p], *around])
            changed |= least < lowest[p]
            lowest[p] = least
    roots = sorted(set(lowest.values()))
    labels = np.zeros(mask.size, int)
    for p, root in lowest.items():
        labels[p] = 1 + roots.index(root)
    return labels, len(roots)
