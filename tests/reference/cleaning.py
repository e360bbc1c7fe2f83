"""Slow, obvious cleaning: what `kernels.cleaning` must equal."""

import numpy as np


def neighbor_matrix(camera):
    matrix = np.zeros((camera.n_pixels, camera.n_pixels), int)
    for pixel in range(camera.n_pixels):
        matrix[pixel, camera.neighbors(pixel)] = 1
    return matrix


def tailcuts(charge, picture, boundary, min_neighbors, keep_isolated, camera):
    """One event: ``charge[p]``."""
    count = neighbor_matrix(camera)
    above_picture, above_boundary = charge >= picture, charge >= boundary
    core = above_picture
    if min_neighbors > 0 and not keep_isolated:
        core = above_picture & (count @ above_picture >= min_neighbors)
    beside = above_boundary & (count @ core > 0)
    if keep_isolated:
        return beside | core
    return beside | (core & (count @ above_boundary > 0))


def dilate(mask, camera):
    return mask | (neighbor_matrix(camera) @ mask > 0)
