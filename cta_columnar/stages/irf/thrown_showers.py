"""Thrown showers in the bins of a response: what the selected ones are divided by."""

from collections.abc import Collection, Mapping, Set
from itertools import pairwise

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.instrument import frames
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns, cone_solid_angle
from cta_columnar.stages.irf.simulated_spectra import power_integral

ENERGY, OFFSET = "true_energy", "true_source_fov_offset"
LON_LAT = ("true_fov_lon", "true_fov_lat")

# Points along each side of a bin that tell how much of it is inside of the cone.
_POINTS = 20


def counted_showers(axis: Axis, simulated: SimulatedRuns, thrown: pa.Table) -> F8:
    """Showers in bins of true energy, as the simulation itself has counted them.

    A bin of the simulation that lies in two of ours is shared by the power law.

    Parameters
    ----------
    axis : Axis
        Bins of true energy, TeV.
    simulated : SimulatedRuns
        Runs.
    thrown : pyarrow.Table
        ``simulation/thrown`` of a dataset.

    Returns
    -------
    n : float64[r, b]
        Scaled as ``simulated.n_showers`` is, where not all events of a run are kept.

    Raises
    ------
    UserError
        If a run is not counted at all.
    """
    names = ("obs_id", "energy_low", "energy_high", "n_thrown")
    obs_id, low, high, counts = (
        to_numpy(thrown.column(name).combine_chunks()) for name in names
    )
    n_thrown = np.zeros((simulated.n_showers.size, axis.n_bins))
    for run, run_id in enumerate(simulated.obs_id):
        rows = (obs_id == run_id) & (counts > 0)
        total = counts[rows].sum()
        if total == 0:
            raise UserError(
                f"run {run_id}: its table of thrown showers is empty; take them from "
                "the power law"
            )
        shares = _shares(low[rows], high[rows], axis, simulated.index[run])
        n_thrown[run] = counts[rows] @ shares * simulated.n_showers[run] / total
    return n_thrown


def thrown_showers(
    axes: tuple[Axis, ...],
    simulated: SimulatedRuns,
    of_runs: Mapping[str, AnyArray] | None = None,
    *,
    of_events: Collection[str] = (),
    in_energy: F8 | None = None,
) -> F8:
    """Count the showers thrown into each bin.

    Parameters
    ----------
    axes : tuple of Axis
        ``true_energy`` and, if wanted, ``true_source_fov_offset`` or both of
        ``true_fov_lon`` and ``true_fov_lat``: showers are even over the view cone, or
        from the one point of a source. Any other is of the runs or of the events.
    simulated : SimulatedRuns
        Runs.
    of_runs : mapping of str to array[r], optional
        What the runs have, as their zenith angle, in the order of
        ``simulated.obs_id``: each run was thrown into one bin of such an axis.
    of_events : collection of str
        What only events have, as their type or multiplicity: all showers were thrown
        into each bin of such an axis.
    in_energy : float64[r, b], optional
        Showers of each run in the bins of true energy, from `counted_showers`;
        otherwise by the power law.

    Returns
    -------
    n_thrown : float64, in the shape of the axes

    Raises
    ------
    UserError
        If no axis is of true energy, another one is neither of runs nor of events, one
        of longitude is without latitude, or it is not known where a source was.
    """
    by_name = {axis.name: axis for axis in axes}
    _check_axes(by_name.keys(), {*(of_runs or {}), *of_events})
    energy = by_name[ENERGY]
    if in_energy is None:
        in_energy = simulated.n_between(energy.low, energy.high)
    shares = {ENERGY: in_energy}
    if OFFSET in by_name:
        shares[OFFSET] = _in_rings(by_name[OFFSET], simulated)
    for name in by_name.keys() & (of_runs or {}).keys():
        shares[name] = _of_runs(by_name[name], (of_runs or {})[name])

    # One letter an axis; runs are z and summed over.
    letters = {name: chr(ord("a") + i) for i, name in enumerate(by_name)}
    operands = {f"z{letters[name]}": share for name, share in shares.items()}
    if set(LON_LAT) <= by_name.keys():
        in_cells = _in_cells(by_name[LON_LAT[0]], by_name[LON_LAT[1]], simulated)
        operands["z" + letters[LON_LAT[0]] + letters[LON_LAT[1]]] = in_cells
    known = sorted(set("".join(operands)) - {"z"})
    total: F8 = np.einsum(f"{','.join(operands)}->{''.join(known)}", *operands.values())
    kept = [letters[name] in known for name in by_name]
    places = [slice(None) if is_known else np.newaxis for is_known in kept]
    shape = tuple(axis.n_bins for axis in axes)
    return np.ascontiguousarray(np.broadcast_to(total[tuple(places)], shape))


def _check_axes(names: Set[str], of_runs_or_events: Set[str]) -> None:
    if ENERGY not in names:
        raise UserError(f"thrown showers want an axis {ENERGY!r}, not {sorted(names)}")
    if len(names & set(LON_LAT)) == 1:
        raise UserError(f"of the axes {' and '.join(LON_LAT)} both are wanted, or none")
    strange = names - {ENERGY, OFFSET, *LON_LAT} - of_runs_or_events
    if strange:
        raise UserError(
            f"axis {min(strange)!r}: is it of runs, of which each was thrown into one "
            "bin, or of events, of which all were thrown into each bin?"
        )


def _shares(low: F8, high: F8, axis: Axis, index: float) -> F8:
    """Share of each given bin that is in each bin of an axis: float64[given, b]."""
    first = np.maximum(low[:, np.newaxis], axis.low)
    last = np.maximum(np.minimum(high[:, np.newaxis], axis.high), first)
    of_all = power_integral(index, low, high)
    return power_integral(index, first, last) / of_all[:, np.newaxis]


def _in_rings(axis: Axis, simulated: SimulatedRuns) -> F8:
    """Share of the directions of each run in bins of their offset: float64[r, b]."""
    shares = np.zeros((simulated.n_showers.size, axis.n_bins))
    for run, is_diffuse in enumerate(simulated.is_diffuse):
        if is_diffuse:
            first, last = simulated.cone_min[run], simulated.cone_max[run]
            edges = cone_solid_angle(np.clip(axis.array, first, last))
            shares[run] = np.diff(edges) / simulated.solid_angle[run]
        else:
            offset = simulated.source_offset[run]
            if np.isnan(offset):
                raise UserError(
                    f"run {simulated.obs_id[run]}: its source moved in the field of "
                    "view, so there are no bins of offset"
                )
            shares[run] = (axis.low <= offset) & (offset < axis.high)
    return shares


def _of_runs(axis: Axis, values: AnyArray) -> F8:
    """Which bin each run is in: float64[r, b] of 0 and 1."""
    column = np.asarray(values, np.float64)[:, np.newaxis]
    return ((axis.low <= column) & (column < axis.high)).astype(np.float64)


def _in_cells(lon: Axis, lat: Axis, simulated: SimulatedRuns) -> F8:
    """Share of the directions of each run in cells of the field of view.

    The part of a cell that is inside of the cone is that of 20 times 20 points in it.

    Returns
    -------
    shares : float64[r, lon, lat]
    """
    if not simulated.is_diffuse.all():
        raise UserError(
            "bins of longitude and latitude want showers from all over the field of "
            "view; these are from a point source"
        )
    grid_lon, grid_lat = np.meshgrid(_points(lon), _points(lat), indexing="ij")
    distance = frames.angular_separation(grid_lon, grid_lat, 0.0, 0.0)
    heights = np.diff(np.sin(np.radians(lat.array)))
    cells = np.radians(lon.width)[:, np.newaxis] * heights
    shares = np.empty((simulated.n_showers.size, lon.n_bins, lat.n_bins))
    for run, cone in enumerate(simulated.solid_angle):
        inside = (distance >= simulated.cone_min[run]) & (
            distance <= simulated.cone_max[run]
        )
        blocks = inside.reshape(lon.n_bins, _POINTS, lat.n_bins, _POINTS)
        shares[run] = blocks.mean(axis=(1, 3)) * cells / cone
    return shares


def _points(axis: Axis) -> F8:
    """Centres of the equal parts of each bin, bin after bin."""
    parts = (np.arange(_POINTS) + 0.5) / _POINTS
    return np.concatenate([a + (b - a) * parts for a, b in pairwise(axis.edges)])
