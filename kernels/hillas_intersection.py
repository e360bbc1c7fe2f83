"""HillasIntersection: crossing image axes, all events of a batch at once.

Axis letters as in `kernels.stereo`. The axes of all images are lines in one plane, the
field of view of the array, and cross where the shower comes from. Turned by a right
angle they are lines on the ground, and cross at the core. Algorithm 1 of W. Hofmann et
al., Astropart. Phys. 12 (1999) 135.
"""

import math

import numpy as np

from cta_columnar.kernels import stereo
from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I4, I8, Mask
from cta_columnar.kernels.coordinates import (
    altaz_one,
    direction_to_fov_one,
    fov_to_direction_one,
    ground_to_tilted_one,
)
from cta_columnar.kernels.lines_in_plane import mean_of_crossings

# Columns of the working array of images: centroid and axis at the array pointing.
_CENTROID = slice(0, 2)
_HEADING = slice(2, 4)
_POSITION = slice(4, 6)
_WEIGHT = 6
_INTENSITY = 7
_N_LINE = 8

# Beyond this, the plane that stands for the sky is none, and the height is no height.
FARTHEST = 0.25 * math.pi
HIGHEST = 100e3


@njit
def _load_line(
    image: F8,
    pointing: F8,
    radius: float,
    array_pointing: F8,
    legacy_psi: bool,
    line: F8,
) -> None:
    """Fill the centroid and the heading, in longitude and latitude, of one image."""
    alt0, az0 = array_pointing[0], array_pointing[1]
    centroid, second = stereo.image_axis(image, pointing, radius)
    line[0], line[1] = direction_to_fov_one(
        centroid[0], centroid[1], centroid[2], alt0, az0
    )
    if legacy_psi:
        line[2], line[3] = math.cos(image[stereo.PSI]), math.sin(image[stereo.PSI])
    else:
        on_ground = stereo.axis_angle(centroid, second, alt0, az0)
        line[2], line[3] = math.sin(on_ground), math.cos(on_ground)


@njit
def _height(lines: F8, lon: float, lat: float, core_x: float, core_y: float) -> float:
    """Mean distance to the maximum along the axis, weighted with the intensity.

    A telescope sees the core under the angle between centroid and direction, from the
    distance that is sought; NaN if a centroid lies on the direction.
    """
    total = weights = 0.0
    for a in range(len(lines)):
        shift = math.hypot(lines[a, 0] - lon, lines[a, 1] - lat)
        impact = math.hypot(lines[a, 4] - core_x, lines[a, 5] - core_y)
        if not shift > 0.0:
            return math.nan
        total += lines[a, _INTENSITY] * impact / shift
        weights += lines[a, _INTENSITY]
    return total / weights if weights > 0.0 else math.nan


@njit
def _reconstruct_one(
    lines: F8, harmonic: bool, array_pointing: F8, site_height: float, out: F8
) -> bool:
    """Geometry of one event into ``out``; false if there is none."""
    alt0, az0 = array_pointing[0], array_pointing[1]
    heading, weight = lines[:, _HEADING], lines[:, _WEIGHT]
    lon, lat, lon_spread, lat_spread = mean_of_crossings(
        lines[:, _CENTROID], heading, weight, harmonic
    )
    if not (abs(lon) <= FARTHEST and abs(lat) <= FARTHEST):
        return False
    # Camera x is latitude: on the ground, axes head along y and x.
    core_y, core_x, y_spread, x_spread = mean_of_crossings(
        lines[:, _POSITION][:, ::-1], heading, weight, harmonic
    )
    if not math.isfinite(core_x + core_y):
        return False
    x, y, z = fov_to_direction_one(lon, lat, alt0, az0)
    out[stereo.ALT], out[stereo.AZ] = altaz_one(x, y, z)
    out[stereo.ANG_SPREAD] = math.hypot(lon_spread, lat_spread)
    stereo.store_core(core_x, core_y, alt0, az0, out)
    out[stereo.CORE_TILTED_UNCERT_X] = x_spread
    out[stereo.CORE_TILTED_UNCERT_Y] = y_spread
    distance = _height(lines, lon, lat, core_x, core_y)
    h_max = distance * math.sin(alt0) + site_height
    out[stereo.H_MAX] = h_max if h_max <= HIGHEST else math.nan
    return True


@njit
def hillas_intersection(
    event_start: I8,
    used: Mask,
    image: F8,
    weight: F8,
    harmonic: bool,
    legacy_psi: bool,
    pointing: F8,
    tel_index: I4,
    tel_position: F8,
    tel_radius: F8,
    array_pointing: F8,
    site_height: float,
) -> F8:
    """Direction, core and height of maximum from crossing image axes.

    Parameters
    ----------
    event_start : int64[n + 1]
        First row of each event.
    used : bool[r]
        Images that passed the quality query.
    image : float64[r, 6]
        Hillas parameters in `kernels.stereo.IMAGE` order.
    weight : float64[r]
        Weight of each axis.
    harmonic : bool
        Whether a pair has the weight a b / (a + b) rather than a b; either is
        multiplied with the sine of the angle between the axes.
    legacy_psi : bool
        Whether to take the angle of an axis at the array pointing to be that at the
        pointing of its telescope, which for divergent pointing it is not.
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
        used, where one of them has no axis or no width, where all axes are parallel,
        or where the direction is more than `FARTHEST` from the array pointing in
        longitude or latitude. The height alone is NaN above `HIGHEST`. Spreads of
        crossings are 0 for two images; there are no others.
    """
    n_events = event_start.size - 1
    n_most = stereo.most_images(event_start)
    geometry = np.full((len(stereo.GEOMETRY), n_events), np.nan)
    rows = np.empty(n_most, np.int64)
    lines = np.empty((n_most, _N_LINE))
    for i in range(n_events):
        k = stereo.stereo_images(event_start[i], event_start[i + 1], used, image, rows)
        if k == 0:
            continue
        at = array_pointing[i]
        for a in range(k):
            row = rows[a]
            tel = tel_index[row]
            _load_line(
                image[row], pointing[row], tel_radius[tel], at, legacy_psi, lines[a]
            )
            lines[a, 4], lines[a, 5], _ = ground_to_tilted_one(
                tel_position[tel, 0], tel_position[tel, 1], tel_position[tel, 2],
                at[0], at[1],
            )  # fmt: skip
            lines[a, _WEIGHT] = weight[row]
            lines[a, _INTENSITY] = image[row, stereo.INTENSITY]
        if _reconstruct_one(lines[:k], harmonic, at, site_height, geometry[:, i]):
            geometry[stereo.AVERAGE_INTENSITY, i] = stereo.mean_intensity(
                image, rows[:k]
            )
    return geometry
