"""Which point of a grid of responses is nearest to an observation."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.instrument.frames import angular_separation
from cta_columnar.stages.dl3.intervals import place
from cta_columnar.stages.dl3.observation import Observation

# Times at which an observation is looked at for its mean direction.
_LOOKS = 20


@dataclass(frozen=True)
class Tolerance:
    """How far responses may be from an observation, deg.

    Attributes
    ----------
    zenith : float
        Between zenith angles.
    azimuth : float
        Between azimuths; 180 for any.
    """

    zenith: float
    azimuth: float


def mean_direction(observation: Observation) -> tuple[float, float]:
    """Mean zenith angle and azimuth (deg) of an observation over its good time."""
    shares = (np.arange(_LOOKS) + 0.5) / _LOOKS
    times = place(shares, observation.intervals)
    alt, az = (
        np.radians(v) for v in observation.pointing.altaz(times, observation.site)
    )
    north, east = (
        float((np.cos(alt) * along(az)).mean()) for along in (np.cos, np.sin)
    )
    zenith = float(np.degrees(np.arctan2(np.hypot(north, east), np.sin(alt).mean())))
    return zenith, float(np.degrees(np.arctan2(east, north)) % 360.0)


def zenith_range(observation: Observation) -> tuple[float, float]:
    """Smallest and largest zenith angle (deg) of an observation in its good time."""
    inner = place((np.arange(_LOOKS) + 0.5) / _LOOKS, observation.intervals)
    times = np.concatenate([inner, observation.intervals.reshape(-1)])
    alt, _ = observation.pointing.altaz(times, observation.site)
    return float(90.0 - alt.max()), float(90.0 - alt.min())


def nearest_points(
    zenith: F8, azimuth: F8, observation: Observation, tolerance: Tolerance
) -> list[int]:
    """Find the points of a grid at the direction nearest to an observation.

    Parameters
    ----------
    zenith, azimuth : float64[p]
        Of the points, deg. Several may be in one direction.
    observation : Observation
        Its mean direction counts.
    tolerance : Tolerance
        How far they may be away.

    Returns
    -------
    rows : list of int

    Raises
    ------
    UserError
        If the nearest one is too far away.
    """
    own_zenith, own_azimuth = mean_direction(observation)
    away = angular_separation(own_azimuth, 90 - own_zenith, azimuth, 90 - zenith)
    turned = np.abs((azimuth - own_azimuth + 180.0) % 360.0 - 180.0)
    near = (np.abs(zenith - own_zenith) <= tolerance.zenith) & (
        turned <= tolerance.azimuth
    )
    if not near.any():
        row = int(np.argmin(away))
        raise UserError(
            f"observation {observation.obs_id} is at zenith angle {own_zenith:.1f}, "
            f"azimuth {own_azimuth:.1f} deg, and the nearest responses are at "
            f"{zenith[row]:.1f}, {azimuth[row]:.1f} deg; {tolerance.zenith:g} and "
            f"{tolerance.azimuth:g} deg are allowed between: observe at another time, "
            "make responses there, or change responses.zenith_tolerance, "
            "azimuth_tolerance"
        )
    least = away[near].min()
    return [int(row) for row in np.flatnonzero(near & (away <= least + 1e-6))]
