"""Slow, obvious timing parameters of one image: what `kernels.timing` must equal."""

from itertools import combinations, count

import numpy as np

from reference.random import words_of
from reference.trimmed_line import trimmed_line


def starting_pairs(n, n_pairs):
    everything = list(combinations(range(n), 2))
    if len(everything) <= n_pairs:
        return everything
    pairs = []
    blocks = count()
    while len(pairs) < n_pairs:
        block = next(blocks)
        a, b, c, d = words_of(n, stream=1, block=block)
        for first, second in ((a, b), (c, d)):
            i = first * n // 2**32
            others = [k for k in range(n) if k != i]
            j = others[second * (n - 1) // 2**32]
            pair = (min(i, j), max(i, j))
            if pair not in pairs:
                pairs.append(pair)
    return pairs[:n_pairs]


def timing(along, time, n_pairs, kept_fraction):
    usable = np.isfinite(along) & np.isfinite(time)
    x, y = along[usable], time[usable]
    if len(x) < 2:
        return np.full(3, np.nan)
    n_kept = max(int(kept_fraction * len(x)), 1)
    slope, intercept = trimmed_line(x, y, n_kept, starting_pairs(len(x), n_pairs))
    deviation = np.sqrt(np.mean((time - slope * along - intercept) ** 2))
    return np.array([slope, intercept, deviation])
