"""What reconstructors of stereo geometry share: images of an event, and results.

Axis letters: ``n`` array events, ``r`` telescope events sorted by array event,
``t`` telescopes of the array, ``k`` telescopes used in one event. The rows of event
``i`` are ``event_start[i]`` to ``event_start[i + 1]``. Angles in rad, lengths in m.

There is a module for each reconstructor, named like it.
"""

import math

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F8, I8, Mask
from cta_columnar.kernels.coordinates import (
    direction_to_fov_one,
    fov_to_direction_one,
    project_to_ground_one,
)
from cta_columnar.kernels.lines import Vector

IMAGE = ("fov_lon", "fov_lat", "psi", "length", "width", "intensity")
FOV_LON = IMAGE.index("fov_lon")
FOV_LAT = IMAGE.index("fov_lat")
PSI = IMAGE.index("psi")
LENGTH = IMAGE.index("length")
WIDTH = IMAGE.index("width")
INTENSITY = IMAGE.index("intensity")

GEOMETRY = (
    "alt",
    "az",
    "ang_spread",
    "core_x",
    "core_y",
    "core_uncert_x",
    "core_uncert_y",
    "core_tilted_x",
    "core_tilted_y",
    "core_tilted_uncert_x",
    "core_tilted_uncert_y",
    "h_max",
    "h_max_uncert",
    "average_intensity",
)
ALT = GEOMETRY.index("alt")
AZ = GEOMETRY.index("az")
ANG_SPREAD = GEOMETRY.index("ang_spread")
CORE_X = GEOMETRY.index("core_x")
CORE_Y = GEOMETRY.index("core_y")
CORE_UNCERT_X = GEOMETRY.index("core_uncert_x")
CORE_UNCERT_Y = GEOMETRY.index("core_uncert_y")
CORE_TILTED_X = GEOMETRY.index("core_tilted_x")
CORE_TILTED_Y = GEOMETRY.index("core_tilted_y")
CORE_TILTED_UNCERT_X = GEOMETRY.index("core_tilted_uncert_x")
CORE_TILTED_UNCERT_Y = GEOMETRY.index("core_tilted_uncert_y")
H_MAX = GEOMETRY.index("h_max")
H_MAX_UNCERT = GEOMETRY.index("h_max_uncert")
AVERAGE_INTENSITY = GEOMETRY.index("average_intensity")

# Distance of the second point of an image axis from the centroid, in camera radii;
# it sets the length of the plane normals, so it is part of the pair weights.
_STEP = 0.1


@njit
def most_images(event_start: I8) -> int:
    """Count the images of the event that has most; 0 without events."""
    most = 0
    for i in range(event_start.size - 1):
        most = max(most, event_start[i + 1] - event_start[i])
    return most


@njit
def stereo_images(first: int, last: int, used: Mask, image: F8, rows: I8) -> int:
    """Find the images that one event is reconstructed from.

    Parameters
    ----------
    first, last : int
        Rows of the event.
    used : bool[r]
        Images that passed the quality query.
    image : float64[r, 6]
        Hillas parameters in `IMAGE` order.
    rows : int64[k]
        Filled with the rows of the images.

    Returns
    -------
    k : int
        Their number; 0 if there is only one, or one of them has no axis or no width.
    """
    k = 0
    for row in range(first, last):
        if used[row]:
            finite = math.isfinite(
                image[row, FOV_LON] + image[row, FOV_LAT] + image[row, PSI]
                + image[row, LENGTH] + image[row, INTENSITY]
            )  # fmt: skip
            if not (finite and image[row, WIDTH] > 0.0):
                return 0
            rows[k] = row
            k += 1
    return k if k >= 2 else 0


@njit
def image_axis(image: F8, pointing: F8, radius: float) -> tuple[Vector, Vector]:
    """Return unit vectors to the centroid and to a second point of the image axis."""
    lon, lat, psi = image[FOV_LON], image[FOV_LAT], image[PSI]
    step = _STEP * radius
    return fov_to_direction_one(
        lon, lat, pointing[0], pointing[1]
    ), fov_to_direction_one(
        lon + step * math.cos(psi), lat + step * math.sin(psi), pointing[0], pointing[1]
    )


@njit
def axis_angle(centroid: Vector, second: Vector, alt0: float, az0: float) -> float:
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
def mean_intensity(image: F8, rows: I8) -> float:
    """Mean intensity of the images in these rows."""
    total = 0.0
    for row in rows:
        total += image[row, INTENSITY]
    return total / len(rows)


@njit
def store_core(x: float, y: float, alt0: float, az0: float, out: F8) -> None:
    """Put a core of the frame tilted to (alt0, az0) into both frames of a result."""
    out[CORE_TILTED_X], out[CORE_TILTED_Y] = x, y
    out[CORE_X], out[CORE_Y] = project_to_ground_one(x, y, alt0, az0)
