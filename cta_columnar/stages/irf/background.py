"""Rate of background per energy and solid angle, over the field of view."""

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.accumulator import Histogram
from cta_columnar.stages.irf.component import (
    Component,
    along,
    place_of,
    require_events,
)
from cta_columnar.stages.irf.limits import upper_limit
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle


def background_2d(
    background: Histogram, obs_time: float, one: F8 | None = None
) -> Component:
    """Rate of background in rings around the centre of the field of view.

    Parameters
    ----------
    background : Histogram
        Weighted events, with axes ``reco_energy`` (TeV) and ``reco_source_fov_offset``
        (deg); or real ones, each with a weight of 1 or none.
    obs_time : float
        The time that the weights are for, or that the real events took, s.
    one : float64, optional
        Weight of an event of each bin, for limits where none is; see `limits`.

    Returns
    -------
    component : Component
        1/(s TeV sr). Errors are from the sum of squared weights.

    Raises
    ------
    UserError
        If there is not a single event, an axis is missing or the time is none.
    """
    name = "reco_source_fov_offset"
    axis = background.spec.axes[place_of(background, name)]
    rings = np.diff(cone_solid_angle(axis.array))
    rings = along(rings, background, name)
    return _rate("background_2d", background, rings, obs_time, one)


def background_3d(
    background: Histogram, obs_time: float, one: F8 | None = None
) -> Component:
    """Rate of background in cells of longitude and latitude of the field of view.

    As `background_2d`, with axes ``reco_energy``, ``reco_fov_lon`` and ``reco_fov_lat``
    (deg).
    """
    lon = background.spec.axes[place_of(background, "reco_fov_lon")]
    lat = background.spec.axes[place_of(background, "reco_fov_lat")]
    # The full product: pyirf pairs the two by their number.
    solid_angle = along(np.radians(lon.width), background, lon.name) * along(
        np.diff(np.sin(np.radians(lat.array))), background, lat.name
    )
    return _rate("background_3d", background, solid_angle, obs_time, one)


def background_rate(
    background: Histogram,
    obs_time: float,
    on_share: F8 | None = None,
    one: F8 | None = None,
) -> Component:
    """Rate of background, in bins of reconstructed energy and whatever else.

    Parameters
    ----------
    background : Histogram
        Weighted events, or real ones, of the rings of the field of view in which
        sources are; without a cut on theta.
    obs_time : float
        The time that the weights are for, or that the real events took, s.
    on_share : float64, optional
        Solid angle of the on region over that of the rings, in each bin; NaN where there
        is no such region.
    one : float64, optional
        Weight of an event of each bin, for limits where none is; see `limits`.

    Returns
    -------
    component : Component
        1/s in each bin, ``background_rate`` of all rings, and ``on_region_rate`` of the
        on region alone, so that the former depends on how large the rings are. Errors
        are from the sum of squared weights.

    Raises
    ------
    UserError
        If there is not a single event, or the time is none.
    """
    _check_time(obs_time)
    require_events(background)
    share = np.full(1, np.nan) if on_share is None else on_share
    rate, error = (
        background.weighted / obs_time,
        np.sqrt(background.variance) / obs_time,
    )
    columns = {
        "background_rate": rate,
        "background_rate_uncert": error,
        "n_events": background.n,
        "on_region_rate": rate * share,
        "on_region_rate_uncert": error * share,
        "on_region_rate_upper": upper_limit(background, one) * share / obs_time,
    }
    return Component("background_rate", background.spec.axes, columns)


def _check_time(obs_time: float) -> None:
    if not obs_time > 0:
        raise UserError(f"a time of observation of {obs_time:g} s is not positive")


def _rate(
    name: str,
    background: Histogram,
    solid_angle: F8,
    obs_time: float,
    one: F8 | None,
) -> Component:
    _check_time(obs_time)
    energy = background.spec.axes[place_of(background, "reco_energy")]
    require_events(background)
    width = along(energy.width, background, "reco_energy")
    exposure = width * solid_angle * obs_time
    columns = {
        "background": background.weighted / exposure,
        "background_uncert": np.sqrt(background.variance) / exposure,
        "n_events": background.n,
        "background_upper": upper_limit(background, one) / exposure,
    }
    return Component(name, background.spec.axes, columns)
