"""Where pixels are (2002), how they are wired (2003), which are off (2005)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import CAMERA_ORGANIZATION, CAMERA_SETTINGS
from cta_columnar.simulation.simtel.packing import (
    floats,
    ints,
    pack,
    shorts,
    signed,
    signed_varints,
)
from cta_columnar.simulation.simtel.versions import check_version

Floats = NDArray[np.float32] | NDArray[np.float64]
Integers = NDArray[np.int16] | NDArray[np.int32] | NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class CameraSettings:
    """Content of block 2002; names as in eventio.

    Attributes
    ----------
    pixel_x, pixel_y : float[p]
        Positions before the rotation of the camera, m.
    focal_length, effective_focal_length : float
        m; the second one 0 where it is not known.
    asymmetry : four of float
        ``effective_focal_length_x, _y, _dx, _dy`` of version 6, m.
    pixel_z : float[p] or None
        m; None: the camera is flat.
    nxpix, nypix : float[p] or None
        Where pixels look; None: all along the axis.
    pixel_shape, pixel_area, pixel_size : float, or float[p]
        Code (0 circle, 1 hexagon, 2 square, 3 hexagon turned by 30 deg), m2, m. Either
        all or none of them have a value per pixel.
    n_mirrors, mirror_area : int, float
        Facets, m2.
    cam_rot : float
        Rotation of the camera, rad.
    """

    pixel_x: Floats
    pixel_y: Floats
    focal_length: float
    pixel_shape: ArrayLike
    pixel_area: ArrayLike
    pixel_size: ArrayLike
    n_mirrors: int
    mirror_area: float
    cam_rot: float = 0.0
    effective_focal_length: float = 0.0
    asymmetry: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    pixel_z: Floats | None = None
    nxpix: Floats | None = None
    nypix: Floats | None = None


def camera_settings(content: CameraSettings, version: int = 5) -> bytes:
    """Payload of a block 2002; its id is the telescope."""
    check_version(CAMERA_SETTINGS, version)
    c = content
    n_pixels = len(c.pixel_x)
    pieces = [pack("if", n_pixels, c.focal_length)]
    if version >= 5:
        pieces.append(pack("f", c.effective_focal_length))
    if version >= 6:
        pieces.append(pack("4f", *c.asymmetry))
    pieces += [floats(c.pixel_x), floats(c.pixel_y)]
    if version >= 4:
        pieces += [_surface(c), _shapes(c)]
    else:
        pieces.append(floats(np.broadcast_to(c.pixel_area, n_pixels)))
        if version >= 1:
            pieces.append(floats(np.broadcast_to(c.pixel_size, n_pixels)))
    if version >= 2:
        pieces.append(pack("if", c.n_mirrors, c.mirror_area))
    if version >= 3:
        pieces.append(pack("f", c.cam_rot))
    return b"".join(pieces)


def _surface(c: CameraSettings) -> bytes:
    """Curvature and directions of pixels."""
    raw = signed(c.pixel_z is not None, c.nxpix is None)
    if c.pixel_z is not None:
        raw += floats(c.pixel_z)
    if c.nxpix is not None:
        if c.nypix is None:
            raise ValueError("pixels look somewhere in x, but not in y")
        raw += floats(c.nxpix) + floats(c.nypix)
    return raw


def _shapes(c: CameraSettings) -> bytes:
    """Shape, area and size: once if all pixels have the same."""
    is_common = np.ndim(c.pixel_shape) == 0
    return b"".join(
        (
            signed(is_common),
            signed_varints(c.pixel_shape),
            floats(c.pixel_area),
            floats(c.pixel_size),
        )
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class CameraOrganization:
    """Content of block 2003; names as in eventio.

    Attributes
    ----------
    drawer : int[p]
        Module of each pixel.
    card, chip, channel : int[p, c]
        Its electronics, by gain channel.
    n_drawers : int
        Modules.
    sectors : sequence of int[...] or None
        Trigger sectors of each pixel; None: of no pixel.
    sector_type, sector_threshold, sector_pixel_threshold : [n]
        Of each sector.
    """

    drawer: Integers
    card: Integers
    chip: Integers
    channel: Integers
    n_drawers: int
    sectors: Sequence[ArrayLike] | None = None
    sector_type: ArrayLike = ()
    sector_threshold: ArrayLike = ()
    sector_pixel_threshold: ArrayLike = ()


# Nothing is aligned: 9 bytes.
_SECTOR = np.dtype([("type", "u1"), ("threshold", "<f4"), ("pixel_threshold", "<f4")])


def camera_organization(content: CameraOrganization, version: int = 1) -> bytes:
    """Payload of a block 2003; its id is the telescope.

    Version 2 has room for more than 32767 pixels.
    """
    check_version(CAMERA_ORGANIZATION, version)
    c = content
    n_pixels, n_gains = np.shape(c.card)
    of_sectors = np.empty(np.size(c.sector_type), _SECTOR)
    of_sectors["type"] = c.sector_type
    of_sectors["threshold"] = c.sector_threshold
    of_sectors["pixel_threshold"] = c.sector_pixel_threshold
    sectors = [()] * n_pixels if c.sectors is None else c.sectors
    listed = [
        int(value)
        for each in sectors
        for value in (np.size(each), *np.asarray(each).tolist())
    ]
    numbers = shorts if version == 1 else signed_varints
    return b"".join(
        (
            pack("4i", n_pixels, c.n_drawers, n_gains, len(of_sectors)),
            *map(numbers, (c.drawer, c.card, c.chip, c.channel, listed)),
            of_sectors.tobytes(),
        )
    )


def disabled_pixels(trigger: ArrayLike, high_voltage: ArrayLike) -> bytes:
    """Payload of a block 2005; its id is the telescope.

    Parameters
    ----------
    trigger, high_voltage : int[...]
        Pixels that do not trigger, and those that are off.
    """
    lists = (np.asarray(trigger, np.int64), np.asarray(high_voltage, np.int64))
    return b"".join(pack("i", each.size) + ints(each) for each in lists)
