"""Counts along the depth, step by step."""

import numpy as np


def deposit(n_levels, step, depth, thickness, amount):
    """Mean over each step of something constant between two depths."""
    levels = np.zeros(n_levels)
    for level in range(n_levels):
        overlap = min(depth + thickness, (level + 1) * step) - max(depth, level * step)
        levels[level] = amount * max(overlap, 0) / step
    return levels
