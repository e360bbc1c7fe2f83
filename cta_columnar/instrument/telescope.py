"""Telescope types: telescopes that are read out alike."""

import math
from dataclasses import astuple, dataclass
from functools import cached_property

import numpy as np

from cta_columnar.array_types import F8, I4, Mask
from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.digest import digest_of
from cta_columnar.instrument.freezing import frozen
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.kernels.coordinates import camera_to_telescope


@dataclass(frozen=True, eq=False)
class TelescopeType:
    """A readout group: optics, camera and readout shared by some telescopes.

    The telescope frame has its origin on the telescope axis; ``fov_lon`` grows with
    azimuth and ``fov_lat`` with altitude.

    Attributes
    ----------
    name : str
        SIZE_OPTICS_CAMERA, e.g. ``LST_LST_LSTCam``; ``_2`` and so on is appended to
        groups that differ in less than their names.
    optics : OpticsDescription
        Mirrors.
    camera : CameraGeometry
        Pixels.
    readout : CameraReadout
        Sampling and reference pulse.
    focal_length : float
        The one chosen for camera coordinates, m.
    """

    name: str
    optics: OpticsDescription
    camera: CameraGeometry
    readout: CameraReadout
    focal_length: float

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, the name left out."""
        return digest_of(
            (
                astuple(self.optics),
                self.camera.digest,
                self.readout.digest,
                self.focal_length,
            )
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TelescopeType) and (self.name, self.digest) == (
            other.name,
            other.digest,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.digest))

    @cached_property
    def _fov(self) -> tuple[F8, F8]:
        camera = self.camera
        rotation = -math.radians(camera.cam_rotation)
        lon, lat = camera_to_telescope(
            camera.pix_x, camera.pix_y, self.focal_length, rotation
        )
        return frozen(np.degrees(lon)), frozen(np.degrees(lat))

    @property
    def fov_lon(self) -> F8:
        """float64[p]: pixel positions in the telescope frame, deg."""
        return self._fov[0]

    @property
    def fov_lat(self) -> F8:
        """float64[p]: pixel positions in the telescope frame, deg."""
        return self._fov[1]

    @cached_property
    def pix_area_deg2(self) -> F8:
        """float64[p]: pixel areas, deg2."""
        deg_per_m = math.degrees(1.0 / self.focal_length)
        return frozen(self.camera.pix_area * deg_per_m**2)

    @cached_property
    def pix_width_deg(self) -> F8:
        """float64[p]: pixel widths, deg."""
        return frozen(np.degrees(self.camera.pix_width / self.focal_length))

    @property
    def neighbor_indptr(self) -> I4:
        """int32[p + 1]: where the neighbours of each pixel begin."""
        return self.camera.neighbor_indptr

    @property
    def neighbor_indices(self) -> I4:
        """int32[n]: neighbours of all pixels, one after the other."""
        return self.camera.neighbor_indices

    def border_mask(self, width: int) -> Mask:
        """bool[p]: pixels at the edge of the camera, ``width`` deep."""
        return self.camera.border_mask(width)

    @cached_property
    def radius_deg(self) -> float:
        """Camera radius, deg."""
        return math.degrees(self.camera.radius / self.focal_length)

    def __repr__(self) -> str:
        return (
            f"TelescopeType({self.name}: focal length {self.focal_length:.3f} m, "
            f"{self.camera!r}, {self.readout!r})"
        )
