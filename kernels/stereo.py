"""Stereo reconstruction from Hillas parameters, all events of a batch at once.

Axis letters: ``n`` array events, ``r`` telescope events sorted by array event,
``t`` telescopes of the array, ``k`` telescopes used in one event. The rows of event
``i`` are ``event_start[i]`` to ``event_start[i + 1]``. Angles in rad, lengths in m.

Each image spans a plane: through the telescope, along the main axis of the image. The
planes of two telescopes meet in a line parallel to the shower.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, Mask
from cta_columnar.kernels.coordinates import (
    altaz_one,
    direction_to_fov_one,
    fov_to_direction_one,
    ground_to_tilted_one,
    project_to_ground_one,
)
from cta_columnar.kernels.lines import (
    Vector,
    cross,
    mean_crossing,
    mean_distance,
    nearest_in_plane,
    nearest_in_space,
)

# Columns of the working array of images.
_AXIS = slice(0, 3)
_NORMAL = slice(3, 6)
_WEIGHT = 6
_ANGLE = 7
_N_LINE = 8

IMAGE = ("fov_lon", "fov_lat", "psi", "length", "width", "intensity")
_FOV_LON = IMAGE.index("fov_lon")
_FOV_LAT = IMAGE.index("fov_lat")
_PSI = IMAGE.index("psi")
_LENGTH = IMAGE.index("length")
_WIDTH = IMAGE.index("width")
_INTENSITY = IMAGE.index("intensity")
GEOMETRY = (
    "alt",
    "az",
    "ang_spread",
    "core_x",
    "core_y",
    "core_tilted_x",
    "core_tilted_y",
    "h_max",
    "average_intensity",
)
_ALT = GEOMETRY.index("alt")
_AZ = GEOMETRY.index("az")
_ANG_SPREAD = GEOMETRY.index("ang_spread")
_CORE_X = GEOMETRY.index("core_x")
_CORE_Y = GEOMETRY.index("core_y")
_CORE_TILTED_X = GEOMETRY.index("core_tilted_x")
_CORE_TILTED_Y = GEOMETRY.index("core_tilted_y")
_H_MAX = GEOMETRY.index("h_max")
_AVERAGE_INTENSITY = GEOMETRY.index("average_intensity")

# Distance of the second point of an image axis from the centroid, in camera radii;
# it sets the length of the plane normals, so it is part of the pair weights.
_STEP = 0.1


@njit
def _line_angle(centroid: Vector, second: Vector, alt0: float, az0: float) -> float:
    """Angle of an image axis in the frame tilted to (alt0, az0), in (-pi/2, pi/2].

    Measured again at the array pointing, since telescopes may point elsewhere. Camera
    x is latitude, hence the order of the arguments of the arc tangent.
    """
    lon1, lat1 = direction_to_fov_one(centroid[0], centroid[1], centroid[2], alt0, az0)
    lon2, lat2 = direction_to_fov_one(second[0], second[1], second[2], alt0, az0)
    angle = math.atan2(lon1 - lon2, lat1 - lat2)
    if angle > 0.5 * math.pi:
        return angle - math.pi
    return angle if angle > -0.5 * math.pi else angle + math.pi


@njit
def _load_image(
    image: F8, pointing: F8, radius: float, array_pointing: F8, line: F8
) -> bool:
    """Fill ``line`` (`_AXIS`...) of one image; false if the image has no axis."""
    lon, lat, psi = image[_FOV_LON], image[_FOV_LAT], image[_PSI]
    length, width, intensity = image[_LENGTH], image[_WIDTH], image[_INTENSITY]
    if not (width > 0.0 and math.isfinite(lon + lat + psi + length + intensity)):
        return False
    step = _STEP * radius
    centroid = fov_to_direction_one(lon, lat, pointing[0], pointing[1])
    second = fov_to_direction_one(
        lon + step * math.cos(psi), lat + step * math.sin(psi), pointing[0], pointing[1]
    )
    axis, normal = line[_AXIS], line[_NORMAL]
    axis[0], axis[1], axis[2] = centroid
    normal[0], normal[1], normal[2] = cross(centroid, second)
    line[_WEIGHT] = intensity * length / width
    line[_ANGLE] = _line_angle(centroid, second, array_pointing[0], array_pointing[1])
    return True


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
    normal = lines[:, _NORMAL]
    mean = mean_crossing(normal, lines[:, _WEIGHT])
    core_x, core_y = nearest_in_plane(lines[:, _ANGLE], tilted)
    h_max = nearest_in_space(lines[:, _AXIS], position) + site_height
    if not math.isfinite(mean[0] + core_x + core_y + h_max):
        return False
    out[_ALT], out[_AZ] = altaz_one(mean[0], mean[1], mean[2])
    out[_ANG_SPREAD] = mean_distance(normal, mean)
    out[_CORE_X], out[_CORE_Y] = project_to_ground_one(core_x, core_y, alt0, az0)
    out[_CORE_TILTED_X], out[_CORE_TILTED_Y] = core_x, core_y
    out[_H_MAX] = h_max
    return True


@njit
def hillas_reconstructor(
    event_start: I8,
    used: Mask,
    image: F8,
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
        Hillas parameters in `IMAGE` order.
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
    geometry : float64[9, n]
        In `GEOMETRY` order. All NaN where fewer than two images are used, where one
        of them has no axis or no width, or where all lines are parallel.
    core_psi : float64[r]
        Angle of the image axis in the tilted ground frame, in (-pi/2, pi/2]; NaN
        for images that did not take part.
    """
    n_events = event_start.size - 1
    n_most = np.max(np.diff(event_start)) if n_events else 0
    geometry = np.full((len(GEOMETRY), n_events), np.nan)
    core_psi = np.full(used.size, np.nan)
    rows = np.empty(n_most, np.int64)
    lines = np.empty((n_most, _N_LINE))
    position = np.empty((n_most, 3))
    for i in range(n_events):
        k = 0
        complete = True
        intensity = 0.0
        for row in range(event_start[i], event_start[i + 1]):
            if used[row]:
                tel = tel_index[row]
                complete &= _load_image(
                    image[row], pointing[row], tel_radius[tel], array_pointing[i],
                    lines[k],
                )  # fmt: skip
                position[k] = tel_position[tel]
                intensity += image[row, _INTENSITY]
                rows[k] = row
                k += 1
        if k < 2 or not complete:
            continue
        if _reconstruct_one(
            lines[:k], position[:k], array_pointing[i], site_height, geometry[:, i]
        ):
            geometry[_AVERAGE_INTENSITY, i] = intensity / k
            for a in range(k):
                core_psi[rows[a]] = lines[a, _ANGLE]
    return geometry, core_psi
