"""Camera geometry and readout."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from cta_columnar.array_types import F8, I4, Mask
from cta_columnar.instrument import neighbors
from cta_columnar.instrument.digest import digest_of
from cta_columnar.instrument.freezing import freeze, frozen

PixelType = Literal["hexagon", "square", "circle"]

# width^2 / area of a pixel: flat to flat, edge, diameter
_WIDTH2_PER_AREA = {
    "hexagon": 2.0 / math.sqrt(3.0),
    "square": 1.0,
    "circle": 4 / math.pi,
}


@dataclass(frozen=True, eq=False)
class CameraGeometry:
    """Pixel layout of a camera, in the derotated camera frame.

    Two geometries of equal content are equal; their arrays are read-only.

    Attributes
    ----------
    name : str
        Name of the camera.
    pix_x, pix_y : float64[p]
        Pixel positions, m.
    pix_area : float64[p]
        Pixel areas, m2.
    pix_type : str
        Shape of the pixels.
    pix_rotation, cam_rotation : float
        Rotation of the pixel shape, and of the camera after derotation, deg.
    """

    name: str
    pix_x: F8
    pix_y: F8
    pix_area: F8
    pix_type: PixelType
    pix_rotation: float
    cam_rotation: float

    def __post_init__(self) -> None:
        shape = self.pix_x.shape
        if len(shape) != 1 or {self.pix_y.shape, self.pix_area.shape} != {shape}:
            raise ValueError(
                f"{self.name}: pix_x, pix_y, pix_area have shapes "
                f"{shape}, {self.pix_y.shape}, {self.pix_area.shape}"
            )
        if self.pix_type not in _WIDTH2_PER_AREA:
            raise ValueError(f"{self.name}: no pixels of type {self.pix_type!r}")
        freeze(self, ("pix_x", "pix_y", "pix_area"))

    @property
    def n_pixels(self) -> int:
        """Number of pixels."""
        return self.pix_x.size

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return digest_of(
            (
                self.name, self.pix_x, self.pix_y, self.pix_area, self.pix_type,
                self.pix_rotation, self.cam_rotation,
            )
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CameraGeometry) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def _neighbors(self) -> neighbors.Neighbors:
        return _neighbors_of(self)

    @property
    def neighbor_indptr(self) -> I4:
        """int32[p + 1]: where the neighbours of each pixel start (CSR)."""
        return self._neighbors.indptr

    @property
    def neighbor_indices(self) -> I4:
        """int32[k]: neighbours, pixel after pixel, ascending (CSR)."""
        return self._neighbors.indices

    def border_mask(self, width: int = 1) -> Mask:
        """bool[p]: pixels in the outermost ``width`` rings.

        Raises
        ------
        ValueError
            If ``width`` is less than 1.
        """
        if width < 1:
            raise ValueError(f"a border is at least 1 pixel wide, not {width}")
        return neighbors.border_mask(self._neighbors, width)

    @cached_property
    def pix_width(self) -> F8:
        """float64[p]: flat to flat, edge or diameter, from the area, m."""
        return frozen(np.sqrt(self.pix_area * _WIDTH2_PER_AREA[self.pix_type]))

    @cached_property
    def radius(self) -> float:
        """Mean distance of the border pixels from the mean position, m."""
        border = self.border_mask(1)
        if not border.any():
            return 0.0
        dx = self.pix_x[border] - self.pix_x.mean()
        dy = self.pix_y[border] - self.pix_y.mean()
        return float(np.hypot(dx, dy).mean())

    def __repr__(self) -> str:
        return (
            f"CameraGeometry({self.name}: {self.n_pixels} {self.pix_type} pixels, "
            f"{1e3 * self.pix_width.max(initial=0.0):.1f} mm wide)"
        )


@lru_cache(maxsize=64)
def _neighbors_of(camera: CameraGeometry) -> neighbors.Neighbors:
    """Find neighbours; cameras of equal content come again with every input."""
    is_square = camera.pix_type == "square"
    return neighbors.find_neighbors(camera.pix_x, camera.pix_y, square=is_square)


@dataclass(frozen=True, eq=False)
class CameraReadout:
    """Sampling and reference pulses of a camera.

    Two readouts of equal content are equal; their arrays are read-only.

    Attributes
    ----------
    name : str
        Name of the camera.
    sampling_rate : float
        GHz.
    reference_pulse : float64[c, j]
        Single photo-electron pulse per gain channel, arbitrary amplitude.
    reference_pulse_sample_width : float
        Step of the pulse, ns.
    n_channels, n_pixels, n_samples : int
        Size of a waveform.
    """

    name: str
    sampling_rate: float
    reference_pulse: F8
    reference_pulse_sample_width: float
    n_channels: int
    n_pixels: int
    n_samples: int

    def __post_init__(self) -> None:
        freeze(self, ("reference_pulse",))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return digest_of(
            (
                self.name, self.sampling_rate, self.reference_pulse,
                self.reference_pulse_sample_width, self.n_channels, self.n_pixels,
                self.n_samples,
            )
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CameraReadout) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return (
            f"CameraReadout({self.name}: {self.n_channels} channels x {self.n_pixels} "
            f"pixels x {self.n_samples} samples at {self.sampling_rate:.4g} GHz)"
        )
