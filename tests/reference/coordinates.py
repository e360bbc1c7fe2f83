"""Slow, obvious coordinate frames, by matrices, as `kernels.coordinates`."""

import numpy as np


def sky_vector(alt, az):
    """Astropy's convention: left-handed on the sky."""
    return np.array([np.cos(alt) * np.cos(az), np.cos(alt) * np.sin(az), np.sin(alt)])


def rotation(alt0, az0):
    rz = np.array(
        [[np.cos(az0), np.sin(az0), 0], [-np.sin(az0), np.cos(az0), 0], [0, 0, 1]]
    )
    ry = np.array(
        [[np.cos(alt0), 0, np.sin(alt0)], [0, 1, 0], [-np.sin(alt0), 0, np.cos(alt0)]]
    )
    return ry @ rz


def angles(v):
    """Longitude and latitude of a vector."""
    return np.arctan2(v[1], v[0]), np.arctan2(v[2], np.hypot(v[0], v[1]))


def altaz_to_fov(alt, az, alt0, az0):
    return angles(rotation(alt0, az0) @ sky_vector(alt, az))


def fov_to_altaz(lon, lat, alt0, az0):
    az, alt = angles(rotation(alt0, az0).T @ sky_vector(lat, lon))
    return alt, az % (2 * np.pi)


def direction(alt, az):
    return sky_vector(alt, -az)


def tilt(alt0, az0):
    cz, sz = np.sin(alt0), np.cos(alt0)
    return np.array(
        [
            [cz * np.cos(az0), -cz * np.sin(az0), -sz],
            [np.sin(az0), np.cos(az0), 0],
            [sz * np.cos(az0), -sz * np.sin(az0), cz],
        ]
    )


def project_to_ground(x, y, alt0, az0):
    """Solve g + t u for z = 0."""
    matrix = tilt(alt0, az0)
    g = matrix.T @ np.array([x, y, 0.0])
    u = matrix[2]
    return (g - u * g[2] / u[2])[:2]


def angular_separation(lon1, lat1, lon2, lat2):
    a, b = sky_vector(lat1, lon1), sky_vector(lat2, lon2)
    return np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)


def camera_to_telescope(x, y, focal_length, rotation):
    """As a complex number: turn by the rotation; then x is latitude."""
    turned = complex(x, y) * np.exp(1j * rotation) / focal_length
    return turned.imag, turned.real
