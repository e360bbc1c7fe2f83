"""Shapes of pixels in the field of view, as plain arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.instrument.telescope import TelescopeType

Floats = NDArray[np.float64]

# Corners, angle of the first one (deg), and circumradius over width. A hexagon that is
# not rotated stands on a corner, a square on a side.
_SHAPES = {
    "hexagon": (6, 90.0, 1.0 / np.sqrt(3.0)),
    "square": (4, 45.0, 1.0 / np.sqrt(2.0)),
    "circle": (24, 0.0, 0.5),
}
# A neighbour lies behind an edge if it lies this much in its direction: the corners of
# squares do not count, the gaps between modules do no harm.
_BEHIND = np.cos(np.radians(25.0))


def polygons(telescope: TelescopeType) -> Floats:
    """Corners of all pixels in the telescope frame.

    Parameters
    ----------
    telescope : TelescopeType
        Camera and focal length.

    Returns
    -------
    corners : float64[p, corner, 2]
        fov_lon and fov_lat, deg.
    """
    width = telescope.camera.pix_width[:, np.newaxis, np.newaxis]
    scale = np.degrees(1.0 / telescope.focal_length)
    centre = np.stack([telescope.fov_lon, telescope.fov_lat], axis=-1)
    corners: Floats = centre[:, np.newaxis] + width * scale * _corners(telescope)
    return corners


def _corners(telescope: TelescopeType) -> Floats:
    """float64[corner, 2]: corners of a pixel of width 1 at (0, 0)."""
    n, first, radius = _SHAPES[telescope.camera.pix_type]
    turned = first + telescope.camera.pix_rotation + telescope.camera.cam_rotation
    angle = np.radians(turned + 360.0 / n * np.arange(n))
    # Camera x becomes fov_lat, and y becomes fov_lon.
    corners: Floats = radius * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    return corners


def outline(telescope: TelescopeType, mask: ArrayLike) -> Floats:
    """Edges around groups of pixels.

    Parameters
    ----------
    telescope : TelescopeType
        Camera and focal length.
    mask : bool[p]
        Pixels to go around.

    Returns
    -------
    edges : float64[k, 2, 2]
        Both ends of each edge between a pixel of the mask and one outside, deg.
        Round pixels share no edges, so they are gone around one by one.
    """
    chosen = np.asarray(mask, dtype=np.bool_)
    corners = polygons(telescope)
    edges = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2)
    is_open = np.repeat(chosen[:, np.newaxis], corners.shape[1], axis=1)
    if telescope.camera.pix_type != "circle":
        is_open &= ~_shared(telescope, chosen)
    wanted: Floats = edges[is_open]
    return wanted


def _shared(telescope: TelescopeType, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[p, corner]: edges with a pixel of the mask on both sides."""
    pixel = np.repeat(np.arange(chosen.size), np.diff(telescope.neighbor_indptr))
    other = telescope.neighbor_indices
    both = chosen[pixel] & chosen[other]
    pixel, other = pixel[both], other[both]
    centre = np.stack([telescope.fov_lon, telescope.fov_lat], axis=-1)
    towards = centre[other] - centre[pixel]
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    corners = _corners(telescope)
    outwards = corners + np.roll(corners, -1, axis=0)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    k, edge = np.nonzero(towards @ outwards.T > _BEHIND)
    shared = np.zeros((chosen.size, len(corners)), np.bool_)
    shared[pixel[k], edge] = True
    return shared
