"""Neighbours from all distances: what `kernels.neighbors` must equal."""

import numpy as np


def neighbor_sets(x, y, reach, most, by_l1_norm):
    found = []
    for p in range(len(x)):
        if by_l1_norm:
            distance = [abs(x[q] - x[p]) + abs(y[q] - y[p]) for q in range(len(x))]
        else:
            dx, dy = x - x[p], y - y[p]
            distance = list(np.sqrt(dx * dx + dy * dy))
        others = sorted((distance[q], q) for q in range(len(x)) if q != p)
        nearest = others[0][0] if others else 0.0
        found.append({q for d, q in others[:most] if d < reach * nearest})
    return found


def border_rings(neighbors, width):
    """Return the mask of ring ``width``, ring 1 being the outermost."""
    counts = [len(each) for each in neighbors]
    ring = [count < max(counts, default=0) for count in counts]
    for _ in range(width - 1):
        ring = [any(ring[q] for q in each) for each in neighbors]
    return ring
