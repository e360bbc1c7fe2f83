"""Axes of runs: which bin each run was thrown into, and how much that was.

What is seen in a bin of such an axis is by what was thrown into it, not by what all
runs of the point threw.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8, I8
from cta_columnar.kernels.histograms import bin_numbers
from cta_columnar.pipelines.irf.places import places_of
from cta_columnar.schemas import simulation
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns, read_simulated_runs

OUTSIDE = -1

BIN = "bin_of_run"
"""Column of events: the number of the bin."""

InBins = Mapping[int, SimulatedRuns]
"""What was thrown, by the number of the bin; bins without runs are left out."""


def bins_of(runs: pa.Table, axes: Sequence[Axis]) -> I8:
    """Return the number of the bin of each run, the last axis running fastest.

    Parameters
    ----------
    runs : pyarrow.Table
        `schemas.irf.RUNS`.
    axes : sequence of Axis
        Axes of runs.

    Returns
    -------
    number : int64[r]
        `OUTSIDE` if a run is in no bin of an axis.
    """
    places = places_of(runs)
    number = np.zeros(runs.num_rows, np.int64)
    inside = np.ones(runs.num_rows, bool)
    for axis in axes:
        values = np.array([getattr(place, axis.name) for place in places], np.float64)
        own = bin_numbers(values, axis.array)
        number = number * axis.n_bins + own
        inside &= own >= 0
    return np.where(inside, number, OUTSIDE)


def n_thrown_in_bins(thrown: InBins, axes: Sequence[Axis]) -> F8:
    """Return the showers of each bin, float64 in the shape of the axes."""
    shape = tuple(axis.n_bins for axis in axes)
    total = np.zeros(shape)
    for number, runs in thrown.items():
        total.flat[number] = runs.n_total
    return total


def simulated(runs: pa.Table) -> SimulatedRuns:
    """Read what runs threw: those of `schemas.irf.RUNS`."""
    names = [*simulation.RUNS.names, "kept_share"]
    return read_simulated_runs(in_order(runs).select(names))


def simulated_in_bins(runs: pa.Table, axes: Sequence[Axis]) -> InBins:
    """Read what runs threw into each bin of the axes of runs; nothing without axes."""
    if not axes:
        return {}
    number = bins_of(runs, axes)
    return {
        each: simulated(runs.filter(pa.array(number == each)))
        for each in sorted(set(number[number != OUTSIDE].tolist()))
    }


def in_order(runs: pa.Table) -> pa.Table:
    """Sort runs by what does not depend on the order of the inputs."""
    return runs.sort_by([("obs_id", "ascending"), ("run_digest", "ascending")])
