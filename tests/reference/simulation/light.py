"""Expected light of segments with whole arrays."""

import numpy as np

FIRST_BIN, BIN_WIDTH, N_BINS, NEAREST = 2e-3, 0.1, 55, 50.0


def expected_light(segments, receiver, density):
    position, pointing = receiver[:3], receiver[3:6]
    area, view = receiver[6], receiver[8]
    towards = segments[:, :3] - position
    along = np.sum(towards * segments[:, 3:6], axis=1)
    distance = np.linalg.norm(towards, axis=1)
    across = np.linalg.norm(np.cross(towards, segments[:, 3:6]), axis=1)
    angle = across / along
    edges = np.concatenate([[0], FIRST_BIN * np.exp(BIN_WIDTH * np.arange(N_BINS))])
    b = np.searchsorted(edges, angle, side="right") - 1
    off = np.arccos(np.clip(towards @ pointing / distance, -1, 1))
    seen = (along >= NEAREST) & (off <= view) & (b >= 0) & (b < N_BINS)
    share = density[segments[:, 8].astype(int), np.clip(b, 0, N_BINS - 1)]
    return np.sum((segments[:, 7] * share * area / along**2)[seen])
