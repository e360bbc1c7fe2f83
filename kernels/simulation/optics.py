"""From the place where light was emitted to a pixel of a camera.

Frame of the camera: the first axis grows with the altitude of the source, the second
with its azimuth. Lengths are in m, angles in rad.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.draws import State, normal
from cta_columnar.kernels.simulation.pixels import pixel_of

F8 = NDArray[np.float64]


RECEIVER = ("x", "y", "z", "nx", "ny", "nz", "area", "radius", "view")
"""What decides how much light a telescope gets: place, pointing, area of the mirror
times photo-electrons per photon, its radius, angle from the axis to the last pixel."""


class Camera(NamedTuple):
    """Where light goes in a camera.

    Attributes
    ----------
    axes : float64[3, 3]
        Rows: the pointing, and the two axes of the camera frame.
    focal_length : float
        Which maps directions on the camera.
    sharpness : float
        One over the distance that is in focus, 1 / m.
    psf : float64[3]
        Spread on the axis, radial and tangential growth with the angle off the axis.
    rotation : float64[2]
        Cosine and sine of the angle by which the camera is turned.
    kind, lattice, table, modules
        Of the `PixelLookup`.
    """

    axes: F8
    focal_length: float
    sharpness: float
    psf: F8
    rotation: F8
    kind: int
    lattice: F8
    table: NDArray[np.int32]
    modules: F8


class Cameras(NamedTuple):
    """Where light goes in the cameras of an array that all point the same way.

    Attributes
    ----------
    model : int64[t]
        Which camera each telescope has.
    axes : float64[3, 3]
        As of `Camera`, as is what follows, with one more axis in front: the cameras.
    focal_length, sharpness, psf, rotation, kind, lattice, table, modules
        See there. Tables are filled up to one size by -1, and modules by zeros.
    """

    model: NDArray[np.int64]
    axes: F8
    focal_length: F8
    sharpness: F8
    psf: F8
    rotation: F8
    kind: NDArray[np.int64]
    lattice: F8
    table: NDArray[np.int32]
    modules: F8


@njit
def camera_of(cameras: Cameras, telescope: int) -> Camera:
    """Return the camera of a telescope."""
    m = cameras.model[telescope]
    return Camera(
        cameras.axes,
        cameras.focal_length[m],
        cameras.sharpness[m],
        cameras.psf[m],
        cameras.rotation[m],
        cameras.kind[m],
        cameras.lattice[m],
        cameras.table[m],
        cameras.modules[m],
    )


@lean
def pixel_of_light(
    state: State,
    camera: Camera,
    dx: float,
    dy: float,
    dz: float,
    mirror_x: float,
    mirror_y: float,
) -> int:
    """Return the pixel that light is focused on, -1 where there is none.

    Parameters
    ----------
    state : State
        Random numbers for the point-spread function.
    camera : Camera
        Of the camera.
    dx, dy, dz : float
        Unit vector from where the mirror was hit to the emission.
    mirror_x, mirror_y : float
        Where the mirror was hit, in the frame of the camera. Light of one point has
        one direction there only at the distance that is in focus.
    """
    axes = camera.axes
    forward = dx * axes[0, 0] + dy * axes[0, 1] + dz * axes[0, 2]
    if forward <= 0.1:
        return -1
    # Tangents of the angles off the axis.
    scale = 1.0 / forward
    x = (dx * axes[1, 0] + dy * axes[1, 1] + dz * axes[1, 2]) * scale
    y = (dx * axes[2, 0] + dy * axes[2, 1] + dz * axes[2, 2]) * scale
    off = math.sqrt(x * x + y * y)
    base = camera.psf[0] * camera.psf[0]
    radial = normal(state) * math.sqrt(base + (camera.psf[1] * off) ** 2)
    tangential = normal(state) * math.sqrt(base + (camera.psf[2] * off) ** 2)
    rx, ry = (x / off, y / off) if off > 0.0 else (1.0, 0.0)
    f = camera.focal_length
    x = f * (x + mirror_x * camera.sharpness + radial * rx - tangential * ry)
    y = f * (y + mirror_y * camera.sharpness + radial * ry + tangential * rx)
    cos, sin = camera.rotation[0], camera.rotation[1]
    return pixel_of(
        x * cos + y * sin, y * cos - x * sin,
        camera.kind, camera.lattice, camera.table, camera.modules,
    )  # fmt: skip
