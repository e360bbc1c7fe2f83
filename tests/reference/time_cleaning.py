"""Slow, obvious cleaning by time: what `kernels.time_cleaning` must equal."""

import numpy as np

from reference.cleaning import dilate, neighbor_matrix, picture_of
from reference.morphology import heaviest_island


def in_time(mask, time, limit, camera):
    """How many neighbours in the mask each pixel has within the limit."""
    near = abs(time[:, None] - time) < limit
    return (neighbor_matrix(camera) * near * mask).sum(axis=1)


def time_delta(mask, time, min_neighbors, limit, camera):
    return mask & (in_time(mask, time, limit, camera) >= min_neighbors)


def fact(charge, time, picture, boundary, min_neighbors, limit, camera):
    core = picture_of(charge, picture, min_neighbors, camera)
    mask = dilate(core, camera) & (charge >= boundary)
    if min_neighbors <= 0:
        return mask
    mask = time_delta(mask, time, min_neighbors, limit, camera)
    mask = mask & (neighbor_matrix(camera) @ mask >= min_neighbors)
    return time_delta(mask, time, min_neighbors, limit, camera)


def time_constrained(
    charge, time, picture, boundary, min_neighbors, core_limit, boundary_limit, camera
):
    core = picture_of(charge, picture, min_neighbors, camera)
    timed = heaviest_island(core, charge, camera) & ~np.isnan(time)
    if timed.any():
        weights = charge[timed].astype(float) ** 2
        mean = (time[timed] * weights).sum() / weights.sum()
        limits = np.where(charge >= 2 * picture, 2 * core_limit, core_limit)
        core = core & (abs(time - mean) < limits)
    else:
        core = np.zeros_like(core)
    beside = (charge >= boundary) & (neighbor_matrix(camera) @ core > 0) & ~core
    enough = in_time(core, time, boundary_limit, camera) >= min_neighbors
    return core | (beside & enough)
