"""Weights of simulated events: how many they stand for under another spectrum.

A weight is the target over what was thrown, both per energy and area (and solid angle).
What was thrown is the sum over all runs, each within its own range of energies; where
all runs agree this is what ctapipe does, which takes no others.
"""

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns, cone_solid_angle
from cta_columnar.stages.irf.spectrum import Spectrum


def event_weights(
    true_energy: F8,
    target: Spectrum,
    simulated: SimulatedRuns,
    obs_time: float,
    *,
    offset: F8 | None = None,
    offset_axis: Axis | None = None,
) -> F8:
    """Events of the target spectrum that each simulated event stands for.

    Parameters
    ----------
    true_energy : float64[n]
        TeV.
    target : Spectrum
        A source, or cosmic rays.
    simulated : SimulatedRuns
        All runs that the events are from.
    obs_time : float
        Time that the target is observed for, s.
    offset : float64[n], optional
        True directions from the centre of the field of view, deg; wanted for a source
        and diffuse runs.
    offset_axis : Axis, optional
        Rings in which a source is thought to stand, wanted likewise: the events of each
        stand for one source there. Events in no ring, or in one that the view cone does
        not reach, have the weight 0.

    Returns
    -------
    weights : float64[n]

    Raises
    ------
    UserError
        If an event has an energy that no run threw, or the runs do not do for the
        target.
    """
    if not obs_time > 0:
        raise UserError(f"a time of observation of {obs_time:g} s is not positive")
    density = simulated.density(true_energy)
    impossible = ~(density > 0)
    if impossible.any():
        row = int(np.argmax(impossible))
        low, high = simulated.energy_min.min(), simulated.energy_max.max()
        raise UserError(
            f"{np.count_nonzero(impossible)} events have energies that were not thrown "
            f"({low:g} to {high:g} TeV), the first is row {row} with "
            f"{true_energy[row]:g} TeV: are these the events of these runs?"
        )
    weights: F8 = target(true_energy) * obs_time / density
    is_diffuse = simulated.view_cone[1] > 0
    if target.is_diffuse and not is_diffuse:
        raise UserError(
            f"{target.name} is per solid angle, and the simulation is of a point source"
        )
    if not target.is_diffuse and is_diffuse:
        if offset is None or offset_axis is None:
            raise UserError(
                f"{target.name} is a source and the simulation is diffuse: weights "
                "want the offsets of events, and bins of them"
            )
        weights = weights / _solid_angles(offset, offset_axis, simulated.view_cone)
    return weights


def _solid_angles(offset: F8, axis: Axis, cone: tuple[float, float]) -> F8:
    """Solid angle (sr) of the ring that each event is in; infinite outside of all.

    As far as showers were thrown into it.
    """
    edges = axis.array
    ring = np.digitize(offset, edges) - 1
    inside = (ring >= 0) & (ring < axis.n_bins)
    angles = np.full(offset.shape, np.inf)
    thrown = np.diff(cone_solid_angle(np.clip(edges, *cone)))
    angles[inside] = np.where(thrown > 0, thrown, np.inf)[ring[inside]]
    return angles
