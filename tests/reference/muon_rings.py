"""Slow, obvious fit of a muon ring: what `kernels.muon_rings` must equal."""

import numpy as np

from reference.circles import kundu_chaudhuri, taubin

FITS = {
    0: kundu_chaudhuri,
    1: lambda x, y, w: taubin(x, y, np.ones_like(w)),
    2: taubin,
}


def muon_ring(image, mask, x, y, method):
    used = mask
    for _ in range(3):
        circle = FITS[method](x[used], y[used], image[used].astype(float))
        distance = np.sqrt((x - circle[0]) ** 2 + (y - circle[1]) ** 2)
        used = np.abs(distance - circle[2]) / circle[2] < 0.4
    centre = circle[0] + 1j * circle[1]
    return np.array([*circle, np.angle(centre), abs(centre)]), used
