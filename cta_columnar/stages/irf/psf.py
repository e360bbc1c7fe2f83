"""Point-spread function: how reconstructed directions spread around the true one."""

import numpy as np

from cta_columnar.stages.irf.component import Component, share_component
from cta_columnar.stages.irf.histogram import Histogram
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
    return share_component(
        "psf", selected, "theta", lambda axis: np.diff(cone_solid_angle(axis.array))
    )
