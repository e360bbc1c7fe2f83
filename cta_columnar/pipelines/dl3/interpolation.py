"""Where an observation is on a grid of responses, to interpolate there."""

import numpy as np

from cta_columnar.config.dl3 import ResponseConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.nearest_point import check_night_sky
from cta_columnar.pipelines.dl3.own_bins import Own
from cta_columnar.stages.dl3.nearest import Tolerance, mean_direction, nearest_points
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.irf.grid import Grid
from cta_columnar.stages.irf.interpolation_weights import (
    Interpolation,
    Weights,
    weights_at,
)

HOW = Interpolation()


def located(
    observation: Observation, grid: Grid, settings: ResponseConfig, own: Own
) -> tuple[dict[str, float], Weights]:
    """Find where on a grid of responses an observation is.

    Parameters
    ----------
    observation : Observation
        Its mean direction counts.
    grid : Grid
        Points of the responses.
    settings : ResponseConfig
        Tolerances of what is the same at all points, and the night sky.
    own : Own
        In which responses have bins, so that nothing is interpolated.

    Returns
    -------
    target : dict of str to float
        For `stages.irf.interpolation.interpolate`: angles (deg) in which the points
        differ, and the night sky if it is given.
    weights : Weights
        Shares of the points there.

    Raises
    ------
    UserError
        If it is outside of the grid, farther from what all points have than is
        tolerated, or the night sky is not given where the points differ in it.
    """
    if "nsb" in grid.varying and settings.nsb is None:
        raise UserError(
            f"there are responses for several levels of the night sky "
            f"({grid.said('nsb')}): set responses.nsb"
        )
    zenith, azimuth = mean_direction(observation)
    _check_fixed(observation, grid, settings, own)
    wanted = {"zenith": zenith, "azimuth": azimuth}
    target = {name: wanted[name] for name in wanted if name in grid.varying}
    if settings.nsb is not None and "nsb" in grid.varying:
        target["nsb"] = settings.nsb
    try:
        return target, weights_at(grid, grid.place(target), HOW)
    except UserError as error:
        raise UserError(
            f"observation {observation.obs_id}: {error}. Here, "
            "responses.choice=nearest takes the nearest; ctacol run irf "
            "--interpolate-to can extrapolate"
        ) from error


def _check_fixed(
    observation: Observation, grid: Grid, settings: ResponseConfig, own: Own
) -> None:
    """Refuse what is not that of all points, where it is the same at all."""
    free = {*grid.varying, *own}
    tolerance = Tolerance(
        90.0 if "zenith" in free else settings.zenith_tolerance,
        180.0 if "azimuth" in free else settings.azimuth_tolerance,
    )
    zenith = np.array([place.zenith for place in grid.places])
    azimuth = np.array([place.azimuth for place in grid.places])
    nearest_points(zenith, azimuth, observation, tolerance)
    if "nsb" not in free:
        check_night_sky(grid.places[0].nsb, settings)
