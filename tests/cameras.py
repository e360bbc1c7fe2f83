"""Tiny cameras for tests: positions with pitch 1, neighbours by brute force."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

# Between the nearest neighbours at 1 and the next ones at sqrt(2) or more.
REACH = 1.2


@dataclass(frozen=True)
class Camera:
    """Positions and neighbours (CSR) of a few pixels."""

    x: np.ndarray
    y: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray

    @property
    def n_pixels(self):
        return self.x.size

    @property
    def csr(self):
        return self.indptr, self.indices

    def neighbors(self, pixel):
        return self.indices[self.indptr[pixel] : self.indptr[pixel + 1]]


def camera(x, y, reach=REACH):
    """Camera with the given pixels; those closer than ``reach`` are neighbours."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    near = np.hypot(x[:, None] - x, y[:, None] - y) < reach
    np.fill_diagonal(near, False)
    indptr = np.concatenate([[0], near.sum(axis=1).cumsum()]).astype(np.int32)
    return Camera(x, y, indptr, np.nonzero(near)[1].astype(np.int32))


def hexagonal(n_rings):
    """A pixel with rings around it: 1, 7, 19, 37 pixels."""
    i, j = np.mgrid[-n_rings : n_rings + 1, -n_rings : n_rings + 1]
    inside = abs(i + j) <= n_rings
    i, j = i[inside], j[inside]
    return camera(i + j / 2, j * np.sqrt(3) / 2)


def square(n_rows, n_columns, reach=REACH):
    """Square pixels; ``reach=1.5`` makes the diagonal ones neighbours too."""
    y, x = np.mgrid[:n_rows, :n_columns]
    return camera(x.ravel(), y.ravel(), reach)


def without(cam, pixels):
    """The same camera with holes."""
    left = np.delete(np.arange(cam.n_pixels), pixels)
    return camera(cam.x[left], cam.y[left])


CAMERAS = {
    "no pixel": camera([], []),
    "one pixel": hexagonal(0),
    "two pixels apart": camera([0, 5], [0, 0]),
    "7 hexagons": hexagonal(1),
    "37 hexagons": hexagonal(3),
    "37 hexagons with gaps": without(hexagonal(3), [3, 4, 9, 18, 30]),
    "3 x 4 squares": square(3, 4),
    "4 x 4 squares with diagonals": square(4, 4, reach=1.5),
}


def cameras():
    """Strategy for one of `CAMERAS`."""
    return st.sampled_from(list(CAMERAS)).map(CAMERAS.get)


def seeds():
    """Strategy for seeds of `numpy.random.default_rng`."""
    return st.integers(0, 2**32 - 1)
