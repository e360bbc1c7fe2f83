"""Which point of a grid of responses an observation has, if nothing is interpolated."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from cta_columnar.config.dl3 import ResponseConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.own_bins import Own
from cta_columnar.stages.dl3.nearest import Tolerance, nearest_points
from cta_columnar.stages.dl3.observation import Observation

_ANGLES = ("zenith", "azimuth")


def nearest_row(
    grid: pa.Table, observation: Observation, settings: ResponseConfig, own: Own
) -> int:
    """Find the row of the point that is nearest to an observation.

    Parameters
    ----------
    grid : pyarrow.Table
        `schemas.irf.GRID`.
    observation : Observation
        Its mean direction counts.
    settings : ResponseConfig
        Tolerances, and the night sky.
    own : Own
        In which responses have bins: all points have the observation's own value.

    Raises
    ------
    UserError
        If it is too far away, or several are there for different night skies.
    """
    zenith, azimuth = (
        np.full(grid.num_rows, own[name]) if name in own else grid[name].to_numpy()
        for name in _ANGLES
    )
    tolerance = Tolerance(settings.zenith_tolerance, settings.azimuth_tolerance)
    rows = nearest_points(zenith, azimuth, observation, tolerance)
    if "nsb" in own:
        return rows[0]
    nsb = grid["nsb"].to_numpy()
    row = _by_night_sky(rows, [float(nsb[row]) for row in rows], settings)
    check_night_sky(float(nsb[row]), settings)
    return row


def check_night_sky(level: float, settings: ResponseConfig) -> None:
    """Refuse responses of another night sky than the one that is given.

    Raises
    ------
    UserError
        If it is farther away than is tolerated.
    """
    wanted = settings.nsb
    if wanted is None:
        return
    if abs(level - wanted) > settings.nsb_tolerance * max(level, wanted):
        raise UserError(
            f"responses.nsb is {wanted:g}, and the nearest responses are for a night "
            f"sky of {level:g}; a share of {settings.nsb_tolerance:g} is allowed "
            "between: make responses for it, or change responses.nsb_tolerance"
        )


def _by_night_sky(
    rows: Sequence[int], levels: Sequence[float], settings: ResponseConfig
) -> int:
    """Choose between points in one direction."""
    wanted = settings.nsb
    if len(rows) == 1:
        return rows[0]
    if wanted is None:
        listed = ", ".join(f"{level:g}" for level in levels)
        raise UserError(
            f"there are responses for several levels of the night sky ({listed}): set "
            "responses.nsb"
        )
    away = [abs(level - wanted) for level in levels]
    return rows[away.index(min(away))]
