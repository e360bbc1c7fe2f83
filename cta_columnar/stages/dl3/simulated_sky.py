"""Where a simulated event is seen: from the pointing of the simulation to another.

A simulation points at a fixed altitude and azimuth, an observation follows the sky. The
response is taken to be the same around both.
"""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.instrument.frames import fov_to_altaz
from cta_columnar.stages.dl3 import field_of_view

COLUMNS = (
    *("array_pointing_alt", "array_pointing_az"),
    *("true_alt", "true_az", "reco_alt", "reco_az"),
)


def place_diffuse(events: Mapping[str, AnyArray], alt0: F8, az0: F8) -> tuple[F8, F8]:
    """Put events at the same place in another field of view.

    Parameters
    ----------
    events : mapping of str to float64[n]
        Columns of `COLUMNS`, deg.
    alt0, az0 : float64[n]
        Where the array points when the event is seen, deg.

    Returns
    -------
    alt, az : float64[n]
        Reconstructed directions there, deg.
    """
    lon, lat = field_of_view.to_lon_lat(
        events["reco_alt"],
        events["reco_az"],
        events["array_pointing_alt"],
        events["array_pointing_az"],
    )
    return fov_to_altaz(-lon, lat, alt0, az0)


def place_source(
    events: Mapping[str, AnyArray], alt0: F8, az0: F8, alt: F8, az: F8
) -> tuple[F8, F8]:
    """Put events so that they come from a source.

    How far the reconstructed direction is from the true one is kept, and on which side
    as seen along the line to the centre of the field of view.

    Parameters
    ----------
    events : mapping of str to float64[n]
        Columns of `COLUMNS`, deg; from about as far off the centre as the source is.
    alt0, az0 : float64[n]
        Where the array points when the event is seen, deg.
    alt, az : float64[n]
        Where the source is then, deg.

    Returns
    -------
    alt, az : float64[n]
        Reconstructed directions there, deg.
    """
    true = events["true_alt"], events["true_az"]
    distance, angle = field_of_view.to_polar(
        events["reco_alt"], events["reco_az"], *true
    )
    _, centre = field_of_view.to_polar(
        events["array_pointing_alt"], events["array_pointing_az"], *true
    )
    _, new_centre = field_of_view.to_polar(alt0, az0, alt, az)
    turned = np.asarray(angle - centre + new_centre)
    return field_of_view.from_polar(distance, turned, alt, az)
