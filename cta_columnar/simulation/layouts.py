"""The pixels of a simulated camera."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cta_columnar.instrument.neighbors import Neighbors, find_neighbors
from cta_columnar.kernels.simulation.pixels import PixelLookup

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

# Shape codes of a pixel in the files; a hexagon of code 3 is turned by 30 degrees.
CIRCLE, HEXAGON, SQUARE, TURNED_HEXAGON = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class PixelLayout:
    """Pixels of a camera, as a file holds them: before the camera is turned.

    Attributes
    ----------
    name : str
        Name of the camera.
    x, y, z : float64[p]
        Centres of the pixels; ``z`` is 0 in a flat camera, and measured from the
        middle of a curved one.
    shape_code : int
        0 circle, 1 hexagon, 2 square, 3 hexagon turned by 30 degrees.
    area : float
        Sensitive area of a pixel, m2.
    size : float
        Its width flat to flat.
    module : int32[p]
        Module that each pixel belongs to.
    rotation : float
        Angle by which the camera is turned in the telescope, rad.
    lookup : PixelLookup
        Which pixel lies at a point: ``pixel_of(x, y, *lookup)``.
    """

    name: str
    x: F8
    y: F8
    z: F8
    shape_code: int
    area: float
    size: float
    module: I4
    rotation: float
    lookup: PixelLookup

    @property
    def n_pixels(self) -> int:
        """Number of pixels."""
        return self.x.size

    @property
    def n_modules(self) -> int:
        """Number of modules."""
        return int(self.module.max(initial=-1)) + 1

    @property
    def is_curved(self) -> bool:
        """Whether the pixels do not lie in one plane."""
        return bool(np.any(self.z))

    @cached_property
    def neighbors(self) -> Neighbors:
        """Neighbours of each pixel (CSR), by the rule of `cta_columnar.instrument`."""
        return find_neighbors(self.x, self.y, square=self.shape_code == SQUARE)
