"""Coordinates of GADF in the field of view: spheres with the pointing at their origin.

Longitude grows against the azimuth, latitude with the altitude; the position angle is
counter-clockwise from north as seen in the sky, 270 deg towards growing azimuth. The
fields of view of `instrument.frames` have the other sign of longitude.
"""

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.instrument import frames


def to_lon_lat(alt: F8, az: F8, alt0: F8, az0: F8) -> tuple[F8, F8]:
    """Longitude (DETX) and latitude (DETY) in deg of directions.

    Parameters
    ----------
    alt, az : float64[n]
        Directions, deg. Right ascension and declination do as well, for a field of view
        that is aligned with those: declination in the place of altitude.
    alt0, az0 : float64[n] or float
        The pointing, deg.
    """
    lon, lat = frames.altaz_to_fov(alt, az, alt0, az0)
    return -lon, lat


def to_polar(alt: F8, az: F8, alt0: F8, az0: F8) -> tuple[F8, F8]:
    """Offset (THETA) and position angle (PHI, 0 to 360) in deg of directions.

    Of a direction that is the pointing, the position angle is 0.
    """
    lon, lat = (np.radians(angle) for angle in to_lon_lat(alt, az, alt0, az0))
    theta = frames.angular_separation(az, alt, az0, alt0)
    phi = np.degrees(np.arctan2(np.cos(lat) * np.sin(lon), np.sin(lat))) % 360.0
    # The rest of a tiny negative number is 360 itself.
    return theta, np.where((theta > 0) & (phi < 360.0), phi, 0.0)


def from_polar(theta: F8, phi: F8, alt0: F8, az0: F8) -> tuple[F8, F8]:
    """Altitude and azimuth (deg) of an offset and a position angle; see `to_polar`."""
    offset, angle = np.radians(theta), np.radians(phi)
    lat = np.degrees(np.arcsin(np.sin(offset) * np.cos(angle)))
    lon = np.degrees(np.arctan2(np.sin(offset) * np.sin(angle), np.cos(offset)))
    return frames.fov_to_altaz(-lon, lat, alt0, az0)
