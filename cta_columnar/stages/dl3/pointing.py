"""Where an array points during an observation: it tracks, or the sky drifts past it."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I8
from cta_columnar.errors import UserError
from cta_columnar.gadf import HeaderValue
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.sky import altaz_to_icrs, icrs_to_altaz


@dataclass(frozen=True)
class Tracking:
    """The array follows a point of the sky.

    Attributes
    ----------
    ra, dec : float
        ICRS, deg.
    """

    ra: float
    dec: float

    mode = "POINTING"

    def altaz(self, time_ns: I8, site: Site) -> tuple[F8, F8]:
        """Altitude and azimuth (deg) at some times."""
        return icrs_to_altaz(time_ns, np.array(self.ra), np.array(self.dec), site)

    def icrs(self, time_ns: I8, site: Site) -> tuple[F8, F8]:  # noqa: ARG002
        """Right ascension and declination (deg) at some times."""
        n = np.size(time_ns)
        return np.full(n, self.ra), np.full(n, self.dec)


@dataclass(frozen=True)
class Drift:
    """The array stands still.

    Attributes
    ----------
    alt, az : float
        deg.
    """

    alt: float
    az: float

    mode = "DRIFT"

    def altaz(self, time_ns: I8, site: Site) -> tuple[F8, F8]:  # noqa: ARG002
        """Altitude and azimuth (deg) at some times."""
        n = np.size(time_ns)
        return np.full(n, self.alt), np.full(n, self.az)

    def icrs(self, time_ns: I8, site: Site) -> tuple[F8, F8]:
        """Right ascension and declination (deg) at some times."""
        return altaz_to_icrs(time_ns, np.array(self.alt), np.array(self.az), site)


Pointing = Tracking | Drift


def pointing_keywords(
    pointing: Pointing, middle_ns: int, site: Site
) -> dict[str, HeaderValue]:
    """Return keywords of GADF of a pointing: what it is, and all angles at one time."""
    time = np.array([middle_ns], np.int64)
    alt, az = pointing.altaz(time, site)
    ra, dec = pointing.icrs(time, site)
    return {
        "OBS_MODE": pointing.mode,
        "RA_PNT": float(ra[0]),
        "DEC_PNT": float(dec[0]),
        "ALT_PNT": float(alt[0]),
        "AZ_PNT": float(az[0]),
        "ZEN_PNT": 90.0 - float(alt[0]),
    }


def find_pointing(
    time_ns: I8, alt: F8, az: F8, site: Site, tolerance: float = 0.01
) -> Pointing:
    """Find out what an array did, from where it pointed.

    Parameters
    ----------
    time_ns : int64[n]
        Since 1970-01-01, TAI.
    alt, az : float64[n]
        Where it pointed then, deg; what is NaN is left out.
    site : Site
        Where it stands.
    tolerance : float
        By how much a pointing may differ from the mean of all, deg.

    Returns
    -------
    pointing : Tracking or Drift
        The mean; what stood still is drifting, even if it is short.

    Raises
    ------
    UserError
        If there is no pointing, or it moves on the sky and over the ground.
    """
    known = np.isfinite(alt) & np.isfinite(az)
    if not known.any():
        raise UserError(
            "no pointing is known of its good time: the tables have none, or NaN"
        )
    time_ns, alt, az = time_ns[known], alt[known], az[known]
    mean_az, mean_alt, on_ground = _mean(az, alt)
    if on_ground <= tolerance:
        return Drift(mean_alt, mean_az)
    ra, dec = altaz_to_icrs(time_ns, alt, az, site)
    mean_ra, mean_dec, on_sky = _mean(ra, dec)
    if on_sky <= tolerance:
        return Tracking(mean_ra, mean_dec)
    raise UserError(
        f"the pointing differs from its mean by up to {on_ground:.3f} deg in altitude "
        f"and azimuth, and by {on_sky:.3f} deg on the sky, and {tolerance:g} deg are "
        "allowed: are these two observations, or does a telescope point elsewhere? "
        "Give each an obs_id of its own, or change good_time.pointing_tolerance"
    )


def _mean(lon: F8, lat: F8) -> tuple[float, float, float]:
    """Mean direction, and the largest distance of any from it (deg)."""
    lon, lat = np.radians(lon), np.radians(lat)
    x, y, z = (
        float(component.mean())
        for component in (
            np.cos(lat) * np.cos(lon),
            np.cos(lat) * np.sin(lon),
            np.sin(lat),
        )
    )
    mean_lon = float(np.degrees(np.arctan2(y, x)) % 360.0)
    mean_lat = float(np.degrees(np.arctan2(z, np.hypot(x, y))))
    away = angular_separation(np.degrees(lon), np.degrees(lat), mean_lon, mean_lat)
    return mean_lon, mean_lat, float(away.max())
