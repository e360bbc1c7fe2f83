"""Weights of events: what is expected in a second, for each shower that was thrown."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.cells import POINT
from cta_columnar.pipelines.irf.plan import spectra_of
from cta_columnar.pipelines.irf.run_bins import BIN
from cta_columnar.pipelines.irf.shard_events import ShardEvents
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.event_weights import event_weights
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns


def weights(columns: Mapping[str, AnyArray], piece: ShardEvents, rings: Axis) -> F8:
    """Events expected in a second for each shower that is thrown at a point."""
    found = np.zeros(columns["obs_id"].size)
    for point, simulated in piece.simulated.items():
        rows = columns[POINT] == point
        found[rows] = _weights_of(columns, rows, simulated, piece, rings)
    return found


def weights_in_bins(
    columns: Mapping[str, AnyArray], piece: ShardEvents, rings: Axis
) -> F8:
    """Do the same for each shower that is thrown into the bin of the run."""
    # What is in no bin is in no histogram.
    found = np.zeros(columns["obs_id"].size)
    for point, in_bins in piece.in_bins.items():
        for number, simulated in in_bins.items():
            rows = (columns[POINT] == point) & (columns[BIN] == number)
            found[rows] = _weights_of(columns, rows, simulated, piece, rings)
    return found


def _weights_of(
    columns: Mapping[str, AnyArray],
    rows: Mask,
    simulated: SimulatedRuns,
    piece: ShardEvents,
    rings: Axis,
) -> F8:
    """Weights of some of the events, by what their runs threw."""
    try:
        return event_weights(
            columns["true_energy"][rows],
            spectra_of(piece.config)[piece.particle],
            simulated,
            1.0,
            offset=columns["true_source_fov_offset"][rows],
            offset_axis=rings,
        )
    except UserError as error:
        raise UserError(f"{piece.root}, {piece.particle}: {error}") from error
