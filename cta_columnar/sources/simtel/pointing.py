"""Where telescopes point."""

import numpy as np
from numpy.typing import ArrayLike

from cta_columnar.array_types import F4, F8
from cta_columnar.kernels.simtel.tracking import (
    ALTITUDE,
    AZIMUTH,
    RAW_ALTITUDE,
    RAW_AZIMUTH,
)

_RIGHT_ANGLE = 90.0
# float32(pi / 2) is larger than pi / 2: what is above by no more is meant to be it.
_TOLERANCE = 1e-6


def altitude_deg(altitude: ArrayLike) -> F8:
    """Altitudes in deg of some in rad; what rounding put beyond the zenith is there."""
    degrees = np.degrees(np.asarray(altitude, np.float64))
    is_beyond = np.abs(degrees) > _RIGHT_ANGLE
    is_close = np.abs(degrees) < _RIGHT_ANGLE * (1.0 + _TOLERANCE)
    return np.where(is_beyond & is_close, np.copysign(_RIGHT_ANGLE, degrees), degrees)


def altitude_azimuth(tracking: F4) -> F8:
    """Altitude and azimuth of telescopes, deg.

    Parameters
    ----------
    tracking : float32[n, 4]
        Azimuth and altitude as read from the drive, then corrected ones, rad; NaN
        where not stored. Corrected ones are taken where there are any.

    Returns
    -------
    pointing : float64[n, 2]
        NaN where nothing is stored.
    """
    raw = tracking[:, [RAW_AZIMUTH, RAW_ALTITUDE]]
    corrected = tracking[:, [AZIMUTH, ALTITUDE]]
    azimuth, altitude = np.where(np.isfinite(corrected), corrected, raw).T
    degrees = np.degrees(azimuth.astype(np.float64))
    return np.stack([altitude_deg(altitude), degrees], axis=1)
