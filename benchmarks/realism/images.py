"""Tables of images, real or simulated, in one form; and how an image is measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.telescopes import TelescopeModel

F8 = NDArray[np.float64]

ROW = np.dtype(
    [
        ("event", "i8"), ("is_lst", "?"), ("energy", "f8"), ("impact", "f8"),
        ("multiplicity", "i4"), ("x_max", "f8"),
        ("true_intensity", "f8"), ("true_length", "f8"), ("true_width", "f8"),
        ("intensity", "f8"), ("length", "f8"), ("width", "f8"), ("leakage", "f8"),
        ("n_pixels", "i4"),
    ]
)  # fmt: skip
"""An image of a triggered telescope; angles in deg with nominal focal lengths."""

Table = np.ndarray

PICTURE, BOUNDARY = 10.0, 5.0
NOISE = 1.4
TRIGGER = 6.5
_CHARGE_SHAPE = 6.0


def accepted(table: Table) -> NDArray[np.bool_]:
    """Images that the yardstick counts."""
    good = (table["intensity"] >= 50) & (table["n_pixels"] >= 5)
    return np.asarray(good & (table["leakage"] < 0.2))


@dataclass(frozen=True)
class Eye:
    """A camera with its neighbours as a padded table, int64[p, k]."""

    model: TelescopeModel
    neighbors: NDArray[np.int64]
    border: NDArray[np.bool_]

    @classmethod
    def of(cls, model: TelescopeModel) -> "Eye":
        """Look at a model."""
        near = model.layout.neighbors
        counts = np.diff(near.indptr)
        padded = np.full((counts.size, int(counts.max())), counts.size)
        for pixel, count in enumerate(counts):
            first = near.indptr[pixel]
            padded[pixel, :count] = near.indices[first : first + count]
        edge = counts < counts.max()
        border = edge | np.append(edge, False)[padded].any(axis=1)
        return cls(model, padded, border)

    def around(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count the neighbours of each pixel that are in a mask."""
        return np.asarray(np.append(mask, False)[self.neighbors].sum(axis=1))

    def triggers(self, image: F8, rng: np.random.Generator) -> bool:
        """Whether a pixel and two of its neighbours see enough at a time."""
        seen = image + rng.normal(0, 0.8, image.size) >= TRIGGER
        return bool((seen & (self.around(seen) >= 2)).any())

    def clean(self, image: F8, rng: np.random.Generator) -> tuple[F8, float]:
        """Measure and clean an image: charges kept, share of them at the border."""
        spread = rng.gamma(_CHARGE_SHAPE * np.maximum(image, 1e-9)) / _CHARGE_SHAPE
        charge = spread + rng.normal(0, NOISE, image.size)
        picture = charge >= PICTURE
        picture &= self.around(picture) >= 2
        kept = picture | ((charge >= BOUNDARY) & (self.around(picture) > 0))
        charge = np.where(kept, charge, 0.0)
        total = charge.sum()
        return charge, float(charge[self.border].sum() / total) if total > 0 else np.nan

    def moments(self, image: F8) -> tuple[float, float, float]:
        """Intensity, length and width (deg) of an image; NaN where it has none."""
        layout, total = self.model.layout, image.sum()
        if np.count_nonzero(image) < 3:
            return float(total), np.nan, np.nan
        x, y = (
            np.degrees(axis / self.model.mirror.focal_length)
            for axis in (layout.x, layout.y)
        )
        covariance = np.cov(np.array([x, y]), aweights=image)
        low, high = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
        return float(total), float(np.sqrt(high)), float(np.sqrt(low))
