"""Coordinate frames for people: angles in deg, lengths in m, arguments broadcast.

====================  ==========================================================
camera                plane, x and y in m, as the raw data give the pixels
engineering camera    the same plane seen as built: depends on the mirrors
field of view (fov)   sphere with its origin at a direction (alt0, az0): that of
                      the telescope (TelescopeFrame), or that of the array
                      (NominalFrame)
sky                   altitude and azimuth, azimuth from north through east
ground                x north, y west, z up, from the array reference point
tilted ground         its z axis is the pointing (alt0, az0)
easting, northing     map coordinates
earth                 geodetic longitude, latitude, height
====================  ==========================================================

All functions take numbers or arrays of any shapes that broadcast, and return one
float64 array of the common shape per coordinate.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cta_columnar.array_types import F8
from cta_columnar.kernels import coordinates


def camera_to_fov(
    x: ArrayLike, y: ArrayLike, focal_length: ArrayLike, rotation: ArrayLike = 0.0
) -> tuple[F8, F8]:
    """Longitude and latitude (deg) of camera positions in the telescope frame.

    Parameters
    ----------
    x, y : array_like
        Position in the camera, m.
    focal_length : array_like
        Focal length, m; the effective one unless there is a reason.
    rotation : array_like
        By how much to turn the camera, deg: ``rotation`` of ctapipe's CameraFrame,
        which is minus the ``cam_rotation`` left in a camera geometry.
    """
    lon, lat = coordinates.camera_to_telescope(
        _floats(x), _floats(y), _floats(focal_length), np.radians(rotation)
    )
    return np.degrees(lon), np.degrees(lat)


def fov_to_camera(
    lon: ArrayLike, lat: ArrayLike, focal_length: ArrayLike, rotation: ArrayLike = 0.0
) -> tuple[F8, F8]:
    """Camera x and y (m) of points of the telescope frame; see `camera_to_fov`."""
    return coordinates.telescope_to_camera(
        np.radians(lon), np.radians(lat), _floats(focal_length), np.radians(rotation)
    )


def camera_to_engineering(
    x: ArrayLike, y: ArrayLike, n_mirrors: Literal[1, 2]
) -> tuple[F8, F8]:
    """Engineering camera x and y (m): the camera as its builders draw it.

    Parameters
    ----------
    x, y : array_like
        Position in the camera frame, without camera rotation, m.
    n_mirrors : 1 or 2
        Reflections in the telescope; a second one mirrors the image.

    Raises
    ------
    ValueError
        For any other number of mirrors.
    """
    _check_mirrors(n_mirrors)
    return (-_floats(y) if n_mirrors == 1 else +_floats(y)), -_floats(x)


def engineering_to_camera(
    x: ArrayLike, y: ArrayLike, n_mirrors: Literal[1, 2]
) -> tuple[F8, F8]:
    """Camera x and y (m); the inverse of `camera_to_engineering`."""
    _check_mirrors(n_mirrors)
    return -_floats(y), (-_floats(x) if n_mirrors == 1 else +_floats(x))


def fov_to_altaz(
    lon: ArrayLike, lat: ArrayLike, alt0: ArrayLike, az0: ArrayLike
) -> tuple[F8, F8]:
    """Altitude and azimuth in [0, 360) deg of points of a field of view.

    Parameters
    ----------
    lon, lat : array_like
        Point in the frame, deg.
    alt0, az0 : array_like
        Origin of the frame, deg: the pointing of the telescope or of the array.
    """
    alt, az = _in_radians(coordinates.fov_to_altaz, lon, lat, alt0, az0)
    return np.degrees(alt), np.degrees(az)


def altaz_to_fov(
    alt: ArrayLike, az: ArrayLike, alt0: ArrayLike, az0: ArrayLike
) -> tuple[F8, F8]:
    """Longitude in (-180, 180] and latitude (deg); the inverse of `fov_to_altaz`."""
    lon, lat = _in_radians(coordinates.altaz_to_fov, alt, az, alt0, az0)
    return np.degrees(lon), np.degrees(lat)


def altaz_to_direction(alt: ArrayLike, az: ArrayLike) -> tuple[F8, F8, F8]:
    """Components along ground x, y, z of the unit vector of a direction (deg)."""
    x, y, z = _in_radians(coordinates.direction, alt, az)
    return x, y, z


def direction_to_altaz(x: ArrayLike, y: ArrayLike, z: ArrayLike) -> tuple[F8, F8]:
    """Altitude and azimuth in [0, 360) deg of vectors of any length."""
    alt, az = _rows(coordinates.direction_to_altaz, x, y, z)
    return np.degrees(alt), np.degrees(az)


def angular_separation(
    lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
) -> F8:
    """Angle (deg) between points of a sphere given by longitude and latitude (deg).

    Azimuth and altitude do as well.
    """
    rows = _in_radians(coordinates.angular_separation, lon1, lat1, lon2, lat2)
    angle: F8 = np.degrees(rows[0])
    return angle


def ground_to_tilted(
    x: ArrayLike, y: ArrayLike, z: ArrayLike, alt0: ArrayLike, az0: ArrayLike
) -> tuple[F8, F8, F8]:
    """Coordinates (m) of ground points in the frame tilted to (alt0, az0), deg."""
    tilted = _rows(
        coordinates.ground_to_tilted, x, y, z, np.radians(alt0), np.radians(az0)
    )
    return tilted[0], tilted[1], tilted[2]


def tilted_to_ground(
    x: ArrayLike, y: ArrayLike, z: ArrayLike, alt0: ArrayLike, az0: ArrayLike
) -> tuple[F8, F8, F8]:
    """Ground coordinates (m) of tilted points; the inverse of `ground_to_tilted`."""
    ground = _rows(
        coordinates.tilted_to_ground, x, y, z, np.radians(alt0), np.radians(az0)
    )
    return ground[0], ground[1], ground[2]


def project_to_ground(
    x: ArrayLike, y: ArrayLike, alt0: ArrayLike, az0: ArrayLike
) -> tuple[F8, F8]:
    """Ground x and y (m) where tilted points meet the plane z = 0 along the pointing.

    Parameters
    ----------
    x, y : array_like
        Position across the pointing, in the tilted frame, m.
    alt0, az0 : array_like
        The pointing, deg; not horizontal.
    """
    ground = _rows(
        coordinates.project_to_ground, x, y, np.radians(alt0), np.radians(az0)
    )
    return ground[0], ground[1]


def ground_to_easting_northing(x: ArrayLike, y: ArrayLike) -> tuple[F8, F8]:
    """Easting and northing (m) of ground x (north) and y (west)."""
    return -_floats(y), +_floats(x)


def easting_northing_to_ground(
    easting: ArrayLike, northing: ArrayLike
) -> tuple[F8, F8]:
    """Ground x and y (m); the inverse of `ground_to_easting_northing`."""
    return +_floats(northing), -_floats(easting)


def ground_to_earth(
    x: ArrayLike,
    y: ArrayLike,
    z: ArrayLike,
    latitude: float,
    longitude: float,
    height: float,
) -> tuple[F8, F8, F8]:
    """Geodetic longitude, latitude (deg) and height (m, WGS84) of ground points.

    Parameters
    ----------
    x, y, z : array_like
        Points in the ground frame, m. It is flat: far from the reference point a
        point with z = 0 lies above the ellipsoid.
    latitude, longitude, height : float
        The reference point of the array: deg, deg, m.
    """
    # Takes a fifth of a second, and nothing else here wants it.
    import astropy.units as u  # noqa: PLC0415
    from astropy.coordinates import EarthLocation  # noqa: PLC0415

    site = EarthLocation.from_geodetic(
        longitude * u.deg, latitude * u.deg, height * u.m
    )
    centre = np.array(
        [site.x.to_value("m"), site.y.to_value("m"), site.z.to_value("m")]
    )
    sin_lat, cos_lat = np.sin(np.radians(latitude)), np.cos(np.radians(latitude))
    sin_lon, cos_lon = np.sin(np.radians(longitude)), np.cos(np.radians(longitude))
    north = np.array([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat])
    west = np.array([sin_lon, -cos_lon, 0.0])
    up = np.array([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])
    points = np.stack(np.broadcast_arrays(_floats(x), _floats(y), _floats(z)), axis=-1)
    geocentric = (centre + points @ np.array([north, west, up])) * u.m
    where = EarthLocation.from_geocentric(*np.moveaxis(geocentric, -1, 0)).geodetic
    return (
        where.lon.to_value("deg"),
        where.lat.to_value("deg"),
        where.height.to_value("m"),
    )


def _floats(values: ArrayLike) -> F8:
    return np.asarray(values, dtype=np.float64)


def _check_mirrors(n_mirrors: int) -> None:
    if n_mirrors not in (1, 2):
        raise ValueError(f"a telescope has 1 or 2 mirrors, not {n_mirrors}")


def _in_radians(kernel: Callable[..., F8], *degrees: ArrayLike) -> F8:
    return _rows(kernel, *(np.radians(_floats(value)) for value in degrees))


def _rows(kernel: Callable[..., F8], *arguments: ArrayLike) -> F8:
    """Call a kernel that wants one row per point, and give back the common shape."""
    arrays = np.broadcast_arrays(*map(_floats, arguments))
    shape = arrays[0].shape
    # Copies: one that is broadcast warns when asked whether it may be written to.
    rows = kernel(*(np.array(array, order="C").reshape(-1) for array in arrays))
    n_coordinates = rows.shape[0] if rows.ndim > 1 else 1
    return rows.reshape(n_coordinates, *shape)
