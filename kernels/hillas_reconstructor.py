"""HillasReconstructor: crossing planes, all events of a batch at once.

Axis letters as in `kernels.stereo`. Each image spans a plane: through the telescope,
along the main axis of the image. The planes of two telescopes meet in a line parallel
to the shower.
"""

import math

import numpy as np

from cta_columnar.kernels import stereo
from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, Mask
from cta_columnar.kernels.coordinates import (
    altaz_one,
    ground_to_tilted_one,
    project_to_ground_one,
)
from cta_columnar.kernels.lines import (
    cross,
    mean_crossing,
    mean_distance,
    nearest_in_space,
)
from cta_columnar.kernels.lines_in_plane import nearest_in_plane, scatter_in_plane

# Columns of the working array of images.
_AXIS = slice(0, 3)
_NORMAL = slice(3, 6)
_WEIGHT = 6
_ANGLE = 7
_N_LINE = 8


@njit
def _load_line(
    image: F8, pointing: F8, radius: float, array_pointing: F8, line: F8
) -> None:
    """Fill ``line`` (`_AXIS`...) of one image, but for its weight."""
    centroid, second = stereo.image_axis(image, pointing, radius)
    axis, normal = line[_AXIS], line[_NORMAL]
    axis[0], axis[1], axis[2] = centroid
    normal[0], normal[1], normal[2] = cross(centroid, second)
    line[_ANGLE] = stereo.axis_angle(
        centroid, second, array_pointing[0], array_pointing[1]
    )


@njit
def _store_core_uncertainty(
    xx: float, xy: float, yy: float, array_pointing: F8, out: F8
) -> None:
    """Put the covariance of a tilted core into ``out``, carried to the ground too."""
    alt0, az0 = array_pointing[0], array_pointing[1]
    out[stereo.CORE_TILTED_UNCERT_X] = math.sqrt(xx)
    out[stereo.CORE_TILTED_UNCERT_Y] = math.sqrt(yy)
    # The projection is linear: columns of its matrix.
    ax, ay = project_to_ground_one(1.0, 0.0, alt0, az0)
    bx, by = project_to_ground_one(0.0, 1.0, alt0, az0)
    along_x = ax * ax * xx + 2.0 * ax * bx * xy + bx * bx * yy
    along_y = ay * ay * xx + 2.0 * ay * by * xy + by * by * yy
    out[stereo.CORE_UNCERT_X] = math.sqrt(max(along_x, 0.0))
    out[stereo.CORE_UNCERT_Y] = math.sqrt(max(along_y, 0.0))


@njit
def _reconstruct_one(
    lines: F8,
    position: F8,
    array_pointing: F8,
    site_height: float,
    out: F8,
) -> bool:
    """Geometry of one event into ``out``; false if all its lines are parallel."""
    alt0, az0 = array_pointing[0], array_pointing[1]
    tilted = np.empty((len(position), 2))
    for a in range(len(position)):
        tilted[a, 0], tilted[a, 1], _ = ground_to_tilted_one(
            position[a, 0], position[a, 1], position[a, 2], alt0, az0
        )
    normal, angle = lines[:, _NORMAL], lines[:, _ANGLE]
    mean = mean_crossing(normal, lines[:, _WEIGHT])
    core_x, core_y = nearest_in_plane(angle, tilted)
    height, height_uncert = nearest_in_space(lines[:, _AXIS], position)
    if not math.isfinite(mean[0] + core_x + core_y + height):
        return False
    out[stereo.ALT], out[stereo.AZ] = altaz_one(mean[0], mean[1], mean[2])
    out[stereo.ANG_SPREAD] = mean_distance(normal, mean)
    stereo.store_core(core_x, core_y, alt0, az0, out)
    if len(position) > 2:
        xx, xy, yy = scatter_in_plane(angle, tilted, core_x, core_y)
        _store_core_uncertainty(xx, xy, yy, array_pointing, out)
    out[stereo.H_MAX] = height + site_height
    out[stereo.H_MAX_UNCERT] = height_uncert
    return True


@njit
def hillas_reconstructor(
    event_start: I8,
    used: Mask,
    image: F8,
    weight: F8,
    pointing: F8,
    tel_index: I4,
    tel_position: F8,
    tel_radius: F8,
    array_pointing: F8,
    site_height: float,
) -> tuple[F8, F8]:
    """Direction, core and height of maximum from crossing image planes.

    Parameters
    ----------
    event_start : int64[n + 1]
        First row of each event.
    used : bool[r]
        Images that passed the quality query.
    image : float64[r, 6]
        Hillas parameters in `kernels.stereo.IMAGE` order.
    weight : float64[r]
        Weight of each plane; a pair has the product.
    pointing : float64[r, 2]
        Altitude and azimuth of the telescope.
    tel_index : int32[r]
        Row of the telescope in the next two.
    tel_position : float64[t, 3]
        Ground frame.
    tel_radius : float64[t]
        Camera radius as an angle.
    array_pointing : float64[n, 2]
        Altitude and azimuth of the array pointing.
    site_height : float
        Height of the ground frame's origin above sea level.

    Returns
    -------
    geometry : float64[14, n]
        In `kernels.stereo.GEOMETRY` order. All NaN where fewer than two images are
        used, where one of them has no axis or no width, or where all lines are
        parallel. Uncertainties of the core are NaN for two images.
    core_psi : float64[r]
        Angle of the image axis in the tilted ground frame, in (-pi/2, pi/2]; NaN
        for images that did not take part.
    """
    n_events = event_start.size - 1
    n_most = stereo.most_images(event_start)
    geometry = np.full((len(stereo.GEOMETRY), n_events), np.nan)
    core_psi = np.full(used.size, np.nan)
    rows = np.empty(n_most, np.int64)
    lines = np.empty((n_most, _N_LINE))
    position = np.empty((n_most, 3))
    for i in range(n_events):
        k = stereo.stereo_images(event_start[i], event_start[i + 1], used, image, rows)
        if k == 0:
            continue
        for a in range(k):
            row = rows[a]
            tel = tel_index[row]
            _load_line(
                image[row], pointing[row], tel_radius[tel], array_pointing[i], lines[a]
            )
            lines[a, _WEIGHT] = weight[row]
            for axis in range(3):
                position[a, axis] = tel_position[tel, axis]
        if _reconstruct_one(
            lines[:k], position[:k], array_pointing[i], site_height, geometry[:, i]
        ):
            geometry[stereo.AVERAGE_INTENSITY, i] = stereo.mean_intensity(
                image, rows[:k]
            )
            for a in range(k):
                core_psi[rows[a]] = lines[a, _ANGLE]
    return geometry, core_psi
