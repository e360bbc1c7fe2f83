"""Where telescopes point."""

import numpy as np
from numpy.typing import NDArray

_RIGHT_ANGLE = 90.0
# float32(pi / 2) is larger than pi / 2: what is above by no more is meant to be it.
_TOLERANCE = 1e-6


def altitude_deg(altitude: NDArray[np.floating]) -> NDArray[np.float64]:
    """Altitudes in deg of some in rad; what rounding put beyond the zenith is there."""
    degrees = np.degrees(altitude.astype(np.float64))
    is_beyond = np.abs(degrees) > _RIGHT_ANGLE
    is_close = np.abs(degrees) < _RIGHT_ANGLE * (1.0 + _TOLERANCE)
    return np.where(is_beyond & is_close, np.copysign(_RIGHT_ANGLE, degrees), degrees)


def altitude_azimuth(tracking: NDArray[np.float32]) -> NDArray[np.float64]:
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
    angle = np.where(np.isfinite(tracking[:, 2:]), tracking[:, 2:], tracking[:, :2])
    azimuth = np.degrees(angle[:, 0].astype(np.float64))
    return np.stack([altitude_deg(angle[:, 1]), azimuth], axis=1)
