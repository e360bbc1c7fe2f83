"""Coordinate frames: camera, telescope or nominal, sky, ground and tilted ground.

Angles are in rad, lengths in m. Azimuth runs north through east. The ground frame has
x to the north, y to the west and z up, so the direction ``(alt, az)`` is the vector
``(cos alt cos az, -cos alt sin az, sin alt)`` there. The telescope frame and the
nominal frame are the same sphere rotated so that their origin, a direction
``(alt0, az0)``, lies at ``(0, 0)``.

Functions named ``*_one`` take and return scalars and are meant for other kernels; the
others take arrays of one point per row and return one contiguous row per coordinate.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F8

_TURN = 2.0 * math.pi


@inline
def direction_one(alt: float, az: float) -> tuple[float, float, float]:
    """Return the unit vector of a direction, in ground axes."""
    cos_alt = math.cos(alt)
    return cos_alt * math.cos(az), -cos_alt * math.sin(az), math.sin(alt)


@inline
def altaz_one(x: float, y: float, z: float) -> tuple[float, float]:
    """Altitude and azimuth in [0, 2 pi) of a vector of any length."""
    az = -math.atan2(y, x) % _TURN
    # A tiny negative angle is rounded up to the full turn.
    return math.atan2(z, math.hypot(x, y)), (0.0 if az >= _TURN else az)


@inline
def fov_to_direction_one(
    lon: float, lat: float, alt0: float, az0: float
) -> tuple[float, float, float]:
    """Return the unit vector, in ground axes, of a point of the frame so centred."""
    cos_lat = math.cos(lat)
    along, across, up = cos_lat * math.cos(lon), cos_lat * math.sin(lon), math.sin(lat)
    horizontal = along * math.cos(alt0) - up * math.sin(alt0)
    return (
        horizontal * math.cos(az0) - across * math.sin(az0),
        -horizontal * math.sin(az0) - across * math.cos(az0),
        along * math.sin(alt0) + up * math.cos(alt0),
    )


@inline
def _in_frame(
    x: float,
    y: float,
    z: float,
    sin_alt: float,
    cos_alt: float,
    sin_az: float,
    cos_az: float,
) -> tuple[float, float]:
    """Longitude and latitude of a vector, by the sines and cosines of the origin."""
    horizontal = x * cos_az - y * sin_az
    across = -x * sin_az - y * cos_az
    along = horizontal * cos_alt + z * sin_alt
    up = z * cos_alt - horizontal * sin_alt
    return math.atan2(across, along), math.atan2(up, math.hypot(along, across))


@inline
def direction_to_fov_one(
    x: float, y: float, z: float, alt0: float, az0: float
) -> tuple[float, float]:
    """Longitude and latitude of a vector in the frame centred on (alt0, az0)."""
    sin_alt, cos_alt = math.sin(alt0), math.cos(alt0)
    return _in_frame(x, y, z, sin_alt, cos_alt, math.sin(az0), math.cos(az0))


@inline
def ground_to_tilted_one(
    x: float, y: float, z: float, alt0: float, az0: float
) -> tuple[float, float, float]:
    """Ground point in the frame whose z axis is the direction (alt0, az0)."""
    forward = x * math.cos(az0) - y * math.sin(az0)
    return (
        math.sin(alt0) * forward - math.cos(alt0) * z,
        x * math.sin(az0) + y * math.cos(az0),
        math.cos(alt0) * forward + math.sin(alt0) * z,
    )


@inline
def tilted_to_ground_one(
    x: float, y: float, z: float, alt0: float, az0: float
) -> tuple[float, float, float]:
    """Inverse of `ground_to_tilted_one`."""
    forward = math.sin(alt0) * x + math.cos(alt0) * z
    return (
        forward * math.cos(az0) + y * math.sin(az0),
        y * math.cos(az0) - forward * math.sin(az0),
        math.sin(alt0) * z - math.cos(alt0) * x,
    )


@inline
def project_to_ground_one(
    x: float, y: float, alt0: float, az0: float
) -> tuple[float, float]:
    """Where the line through the tilted point (x, y, any z) meets the ground.

    The line runs along the axis of the tilted frame; the pointing must not be
    horizontal.
    """
    gx, gy, gz = tilted_to_ground_one(x, y, 0.0, alt0, az0)
    ux, uy, uz = direction_one(alt0, az0)
    return gx - ux * gz / uz, gy - uy * gz / uz


@njit
def fov_to_altaz(lon: F8, lat: F8, alt0: F8, az0: F8) -> F8:
    """Altitude and azimuth of points of frames centred on (alt0, az0).

    Parameters
    ----------
    lon, lat : float64[n]
        Point in the telescope or nominal frame, rad.
    alt0, az0 : float64[n]
        Origin of that frame, rad.

    Returns
    -------
    altaz : float64[2, n]
        Altitude and azimuth in [0, 2 pi), rad.
    """
    out = np.empty((2, lon.size))
    for i in range(lon.size):
        x, y, z = fov_to_direction_one(lon[i], lat[i], alt0[i], az0[i])
        out[0, i], out[1, i] = altaz_one(x, y, z)
    return out


@njit
def altaz_to_fov(alt: F8, az: F8, alt0: F8, az0: F8) -> F8:
    """Longitude in (-pi, pi] and latitude: float64[2, n], the inverse of the above.

    Rows after each other mostly have one origin.
    """
    out = np.empty((2, alt.size))
    sin_alt = cos_alt = sin_az = cos_az = np.nan
    for i in range(alt.size):
        if i == 0 or alt0[i] != alt0[i - 1] or az0[i] != az0[i - 1]:
            sin_alt, cos_alt = math.sin(alt0[i]), math.cos(alt0[i])
            sin_az, cos_az = math.sin(az0[i]), math.cos(az0[i])
        x, y, z = direction_one(alt[i], az[i])
        out[0, i], out[1, i] = _in_frame(x, y, z, sin_alt, cos_alt, sin_az, cos_az)
    return out


@njit
def direction(alt: F8, az: F8) -> F8:
    """Return the unit vectors of directions in ground axes: float64[3, n]."""
    out = np.empty((3, alt.size))
    for i in range(alt.size):
        out[0, i], out[1, i], out[2, i] = direction_one(alt[i], az[i])
    return out


@njit
def direction_to_altaz(x: F8, y: F8, z: F8) -> F8:
    """Altitude and azimuth in [0, 2 pi) of vectors of any length: float64[2, n]."""
    out = np.empty((2, x.size))
    for i in range(x.size):
        out[0, i], out[1, i] = altaz_one(x[i], y[i], z[i])
    return out


@njit
def ground_to_tilted(x: F8, y: F8, z: F8, alt0: F8, az0: F8) -> F8:
    """Ground points in the tilted frames of pointings (alt0, az0): float64[3, n]."""
    out = np.empty((3, x.size))
    for i in range(x.size):
        out[0, i], out[1, i], out[2, i] = ground_to_tilted_one(
            x[i], y[i], z[i], alt0[i], az0[i]
        )
    return out


@njit
def tilted_to_ground(x: F8, y: F8, z: F8, alt0: F8, az0: F8) -> F8:
    """Tilted points in the ground frame: float64[3, n]."""
    out = np.empty((3, x.size))
    for i in range(x.size):
        out[0, i], out[1, i], out[2, i] = tilted_to_ground_one(
            x[i], y[i], z[i], alt0[i], az0[i]
        )
    return out


@njit
def project_to_ground(x: F8, y: F8, alt0: F8, az0: F8) -> F8:
    """Tilted points carried to the plane z = 0 along the pointing: float64[2, n]."""
    out = np.empty((2, x.size))
    for i in range(x.size):
        out[0, i], out[1, i] = project_to_ground_one(x[i], y[i], alt0[i], az0[i])
    return out


@njit
def angular_separation(lon1: F8, lat1: F8, lon2: F8, lat2: F8) -> F8:
    """Angle between points of a sphere, exact at 0 and pi too: float64[n], rad.

    The first of the two is mostly the same in rows after each other.
    """
    out = np.empty(lon1.size)
    sin1 = cos1 = np.nan
    for i in range(lon1.size):
        if i == 0 or lat1[i] != lat1[i - 1]:
            sin1, cos1 = math.sin(lat1[i]), math.cos(lat1[i])
        sin2, cos2 = math.sin(lat2[i]), math.cos(lat2[i])
        step = lon2[i] - lon1[i]
        a = cos2 * math.sin(step)
        b = cos1 * sin2 - sin1 * cos2 * math.cos(step)
        out[i] = math.atan2(
            math.hypot(a, b), sin1 * sin2 + cos1 * cos2 * math.cos(step)
        )
    return out


def rotated(x: F8, y: F8, angle: F8 | float) -> tuple[F8, F8]:
    """Points of a plane, turned about the origin from x towards y; broadcasts."""
    sin, cos = np.sin(angle), np.cos(angle)
    return x * cos - y * sin, x * sin + y * cos


def camera_to_telescope(
    x: F8, y: F8, focal_length: F8 | float, rotation: F8 | float
) -> tuple[F8, F8]:
    """Longitude and latitude (rad) of camera positions; arguments broadcast.

    The camera is turned by ``rotation``; then x is latitude and y is longitude, both
    in proportion to the angle (equidistant).
    """
    lat, lon = rotated(x, y, rotation)
    return lon / focal_length, lat / focal_length


def telescope_to_camera(
    lon: F8, lat: F8, focal_length: F8 | float, rotation: F8 | float
) -> tuple[F8, F8]:
    """Camera x and y; the inverse of `camera_to_telescope`."""
    x, y = rotated(lat, lon, -rotation)
    return x * focal_length, y * focal_length
