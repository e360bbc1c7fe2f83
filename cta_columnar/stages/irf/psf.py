"""Point-spread function: how reconstructed directions spread around the true one."""

import numpy as np

from cta_columnar.stages.irf.accumulator import Histogram
from cta_columnar.stages.irf.component import (
    Component,
    along,
    place_of,
    require_events,
    shares,
)
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle


def psf_table(selected: Histogram) -> Component:
    """Density of directions in solid angle, in rings around the true direction.

    Parameters
    ----------
    selected : Histogram
        Unweighted events, with an axis ``theta`` in deg.

    Returns
    -------
    component : Component
        1/sr. Its integral over the rings is 1, whatever lies outside of the axis; it is
        0 where there are no events.

    Raises
    ------
    UserError
        If there is not a single event, or no such axis.
    """
    axis = place_of(selected, "theta")
    require_events(selected)
    share, error = shares(selected.n, axis)
    rings = np.diff(cone_solid_angle(selected.spec.axes[axis].array))
    solid_angle = along(rings, selected, "theta")
    columns = {
        "psf": share / solid_angle,
        "psf_uncert": error / solid_angle,
        "n_events": selected.n,
    }
    return Component("psf", selected.spec.axes, columns)
