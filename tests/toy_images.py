"""A toy camera and random cleaned images for the tests of image parameters."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Camera:
    """Hexagonal pixels in rows; about 100 of them, so that interpreted tests run."""

    n_rows: int = 10

    def __post_init__(self):
        row, column = np.divmod(np.arange(self.n_rows**2), self.n_rows)
        self.x = 0.2 * (column + 0.5 * (row % 2)) - 1.0
        self.y = 0.1 * np.sqrt(3) * row - 0.9
        self.area = np.full(self.x.size, 0.04 * np.sqrt(3) / 2) * (1 + 0.1 * (row % 3))
        self.width = np.full(self.x.size, 0.2)
        edge = np.minimum(
            np.minimum(row, column), self.n_rows - 1 - np.maximum(row, column)
        )
        self.border_1, self.border_2 = edge < 1, edge < 2
        self.n_pixels = self.x.size

    def touching(self, pixel):
        """List the neighbours of a pixel."""
        distance = np.hypot(self.x - self.x[pixel], self.y - self.y[pixel])
        return np.flatnonzero((distance > 0) & (distance < 0.25)).astype(np.int32)

    def neighbors(self):
        """Give all neighbours as (indptr, indices)."""
        lists = [self.touching(p) for p in range(self.n_pixels)]
        indptr = np.cumsum([0, *map(len, lists)]).astype(np.int32)
        return indptr, np.concatenate(lists)


@dataclass
class Images:
    """Cleaned images: charges, times, masks, and the lists of kept pixels."""

    charge: np.ndarray
    time: np.ndarray
    mask: np.ndarray

    def __post_init__(self):
        self.indptr = np.cumsum([0, *self.mask.sum(axis=1)]).astype(np.int64)
        self.pixels = np.nonzero(self.mask)[1].astype(np.int32)
        self.kept_charge = self.charge[self.mask].astype(np.float64)
        self.kept_time = self.time[self.mask].astype(np.float64)
        self.wanted = np.ones(len(self.mask), bool)

    def __len__(self):
        return len(self.mask)

    def select(self, rows):
        """Give some of the images."""
        return Images(self.charge[rows], self.time[rows], self.mask[rows])


def make_images(n_events, seed, camera):
    """Gaussian showers with noise; some images keep 0, 1, 2, 3 pixels or one row."""
    rng = np.random.default_rng(seed)
    cx, cy, psi = rng.uniform(-0.7, 0.7, (3, n_events, 1))
    psi *= 2 * np.pi
    along = (camera.x - cx) * np.cos(psi) + (camera.y - cy) * np.sin(psi)
    across = (camera.y - cy) * np.cos(psi) - (camera.x - cx) * np.sin(psi)
    size = rng.lognormal(4, 1, (n_events, 1))
    charge = size * np.exp(-((along / 0.5) ** 2) - (across / 0.25) ** 2)
    charge += rng.normal(0, 1, charge.shape)
    time = 20 + 5 * along + rng.normal(0, 1, charge.shape)
    time[rng.random(charge.shape) < 0.05] += 30
    mask = charge > 5
    for e in range(n_events):
        few = rng.integers(0, 8)
        if few < 4:
            mask[e] = False
            mask[e, rng.choice(camera.n_pixels, few, replace=False)] = True
        elif few == 4:
            mask[e] &= camera.y == camera.y[rng.integers(camera.n_pixels)]
    charge[mask] = np.abs(charge[mask])
    return Images(charge.astype(np.float32), time.astype(np.float32), mask)
