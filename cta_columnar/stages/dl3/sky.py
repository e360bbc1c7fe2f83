"""Altitude and azimuth to right ascension and declination (ICRS), and back.

By astropy, for all events at once. What the Earth does is computed every 5 minutes and
interpolated between (`ErfaAstromInterpolator`), which is hundreds of times as fast as a
call per event and differs from it by 1e-7 arcsec. There is no refraction: pressure is
0.

The orientation of the Earth is read from the table of the IERS that is installed with
astropy (``astropy-iers-data``); nothing is downloaded. `orientation_accuracy` says how
good it is: 0.005 arcsec or better where it was measured, 0.03 to 0.4 arcsec in the year
of prediction after that, and up to 14 arcsec (of right ascension, the same for all
events) where the table has ended.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import astropy_iers_data
import numpy as np
from astropy import units as u
from astropy.coordinates import ICRS, AltAz, UnitSphericalRepresentation
from astropy.coordinates.erfa_astrom import ErfaAstromInterpolator, erfa_astrom
from astropy.utils import iers
from astropy.utils.exceptions import AstropyWarning
from erfa import ErfaWarning

from cta_columnar.array_types import F8, I8
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.times import to_astropy

_STEP_S = 300.0
# UT1 is kept within 0.9 s of UTC; the Earth turns by this much in a second.
_LARGEST_DUT1_S = 0.9
_ARCSEC_PER_S = 15.041


def altaz_to_icrs(time_ns: I8, alt: F8, az: F8, site: Site) -> tuple[F8, F8]:
    """Right ascension and declination of directions seen from a site.

    Parameters
    ----------
    time_ns : int64[n]
        Since 1970-01-01, TAI.
    alt, az : float64[n]
        deg, azimuth from north through east.
    site : Site
        Where they were seen.

    Returns
    -------
    ra, dec : float64[n]
        deg; NaN where a direction is.
    """

    def convert(time: I8, lat: F8, lon: F8) -> ICRS:
        frame = AltAz(obstime=to_astropy(time), location=site.location)
        return frame.realize_frame(_sphere(lon, lat)).transform_to(ICRS())

    return _where_finite(convert, ("ra", "dec"), time_ns, alt, az)


def icrs_to_altaz(time_ns: I8, ra: F8, dec: F8, site: Site) -> tuple[F8, F8]:
    """Altitude and azimuth of points of the sky; the inverse of `altaz_to_icrs`.

    Parameters
    ----------
    time_ns : int64[n]
        Since 1970-01-01, TAI.
    ra, dec : float64[n] or float
        deg.
    site : Site
        From where they are seen.

    Returns
    -------
    alt, az : float64[n]
        deg.
    """

    def convert(time: I8, lon: F8, lat: F8) -> AltAz:
        frame = AltAz(obstime=to_astropy(time), location=site.location)
        return ICRS(_sphere(lon, lat)).transform_to(frame)

    return _where_finite(convert, ("alt", "az"), time_ns, ra, dec)


def orientation_accuracy(time_ns: I8) -> float:
    """Error (arcsec) of right ascensions by what is known of the Earth's rotation.

    Parameters
    ----------
    time_ns : int64[n]
        Since 1970-01-01, TAI.

    Returns
    -------
    error : float
        One standard deviation as the IERS gives it, at the worst of the times; the
        largest error that there can be, where the table does not reach. 0 for no time.
    """
    if np.size(time_ns) == 0:
        return 0.0
    table = _orientation()
    known = ~np.ma.getmaskarray(table["UT1_UTC_A"])
    day = table["MJD"].to_value(u.day)[known]
    error_s = np.ma.filled(table["e_UT1_UTC_A"].to_value(u.s)[known], 0.0)
    mjd = to_astropy(np.atleast_1d(time_ns)).mjd
    inside = (mjd >= day[0]) & (mjd <= day[-1])
    errors = np.where(inside, np.interp(mjd, day, error_s), _LARGEST_DUT1_S)
    return float(errors.max() * _ARCSEC_PER_S)


def _where_finite(
    convert: Callable[[I8, F8, F8], ICRS | AltAz],
    names: tuple[str, str],
    time_ns: I8,
    first: F8,
    second: F8,
) -> tuple[F8, F8]:
    time, a, b = np.broadcast_arrays(np.atleast_1d(time_ns), first, second)
    results = np.full((2, *time.shape), np.nan)
    finite = np.isfinite(a) & np.isfinite(b)
    if finite.any():
        with _earth_of_the_installation():
            coordinates = convert(time[finite], a[finite], b[finite])
        for row, name in zip(results, names, strict=True):
            row[finite] = getattr(coordinates, name).deg
    return results[0], results[1]


def _sphere(lon: F8, lat: F8) -> UnitSphericalRepresentation:
    return UnitSphericalRepresentation(lon * u.deg, lat * u.deg)


@contextmanager
def _earth_of_the_installation() -> Iterator[None]:
    """Make astropy take the installed table, whatever its age, and interpolate."""
    with (
        iers.earth_orientation_table.set(_orientation()),
        iers.conf.set_temp("iers_degraded_accuracy", "ignore"),
        erfa_astrom.set(ErfaAstromInterpolator(_STEP_S * u.s)),
        warnings.catch_warnings(),
    ):
        # Of years for which leap seconds are not announced yet, and of times that the
        # table does not reach: `orientation_accuracy` is there for those.
        warnings.simplefilter("ignore", ErfaWarning)
        warnings.filterwarnings("ignore", "Tried to get polar motions", AstropyWarning)
        yield


@cache
def _orientation() -> iers.IERS_A:
    return iers.IERS_A.read(astropy_iers_data.IERS_A_FILE)
