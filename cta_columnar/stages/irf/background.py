"""Rate of background per energy and solid angle, over the field of view."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.component import (
    Component,
    along,
    place_of,
    require_events,
)
from cta_columnar.stages.irf.histogram import Histogram
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


@dataclass(frozen=True, eq=False)
class OnRegion:
    """Background of the circle around a source that is counted.

    Attributes
    ----------
    off : Histogram
        The same events as of the rings, each as much as is in the off region.
    alpha : float
        Size of the on region over that of the off region.
    one : float64, optional
        Weight of an event of each bin in the off region, for limits where none is; see
        `limits`.
    """

    off: Histogram
    alpha: float
    one: F8 | None = None


def background_rate(
    background: Histogram, obs_time: float, on_region: OnRegion | None = None
) -> Component:
    """Rate of background, in bins of reconstructed energy and whatever else.

    Parameters
    ----------
    background : Histogram
        Weighted events, or real ones, of the rings of the field of view in which
        sources are; without a cut on theta.
    obs_time : float
        The time that the weights are for, or that the real events took, s.
    on_region : OnRegion, optional
        What of it is within the cut on theta of a source; none without such a cut.

    Returns
    -------
    component : Component
        1/s in each bin: ``background_rate`` in all rings, so that it depends on how
        large they are, and ``on_region_rate`` around one source. Errors are from the
        sum of squared weights.

    Raises
    ------
    UserError
        If there is not a single event, or the time is none.
    """
    _check_time(obs_time)
    require_events(background)
    columns = {
        "background_rate": background.weighted / obs_time,
        "background_rate_uncert": np.sqrt(background.variance) / obs_time,
        "n_events": background.n,
    }
    if on_region is not None:
        off, scale = on_region.off, on_region.alpha / obs_time
        columns |= {
            "on_region_rate": off.weighted * scale,
            "on_region_rate_uncert": np.sqrt(off.variance) * scale,
            "on_region_rate_upper": upper_limit(off, on_region.one) * scale,
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
