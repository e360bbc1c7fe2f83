"""How much of the background of a ring is in the off region of a source."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.cuts import Cuts, energy_bins
from cta_columnar.stages.irf.given import given_floats
from cta_columnar.stages.irf.sensitivity import Detection


def off_weights(
    columns: Mapping[str, AnyArray],
    cuts: Cuts,
    detection: Detection,
    axis: Axis | None = None,
) -> F8:
    """Weigh background events of the ring as many as are in the off region.

    Parameters
    ----------
    columns : mapping of str to array[n]
        ``reco_energy``, and ``weight`` for the time of observation.
    cuts : Cuts
        With one on theta, whose circle is the on region.
    detection : Detection
        The ring, and the size of the off region.
    axis : Axis, optional
        Bins of ``reco_energy``: as in ``estimate_background`` of pyirf, the circle is
        the same in each, by the cut on theta interpolated between the centres of bins
        of the cuts. By default it is that of the energy of each event, as the signal
        is cut; if bins of both are the same, so are the weights.

    Returns
    -------
    off_weight : float64[n]
        Of events that pass no cuts it means nothing.

    Raises
    ------
    UserError
        If there is no cut on theta.
    """
    if not np.isfinite(cuts.theta).all():
        raise UserError("the sensitivity to a point source wants a cut on theta")
    theta, bins = cuts.theta, energy_bins(columns, axis or cuts.axis)
    if axis is not None:
        theta = np.interp(axis.centre, cuts.axis.centre, cuts.theta)
    of_event = detection.off_ratio(theta)[np.maximum(bins, 0)]
    return given_floats(columns, "weight", "sensitivity") * of_event
