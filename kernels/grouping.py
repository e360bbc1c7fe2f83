"""Which telescope events belong to which array event."""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I8


@njit
def event_offsets(
    obs_id: I8, event_id: I8, row_obs_id: I8, row_event_id: I8
) -> tuple[I8, int]:
    """First row of each array event, both sides being sorted by (obs_id, event_id).

    Parameters
    ----------
    obs_id, event_id : int64[n]
        Keys of array events, ascending and without doubles.
    row_obs_id, row_event_id : int64[r]
        Keys of rows, ascending; an event may have no row.

    Returns
    -------
    event_start : int64[n + 1]
        Rows of event i: ``event_start[i]`` to ``event_start[i + 1]``.
    n_matched : int
        Rows with an event. If smaller than r, the row of this number has no event or
        is out of order.
    """
    n_events = obs_id.size
    event_start = np.zeros(n_events + 1, np.int64)
    row = 0
    for i in range(n_events):
        while (
            row < row_obs_id.size
            and row_obs_id[row] == obs_id[i]
            and row_event_id[row] == event_id[i]
        ):
            row += 1
        event_start[i + 1] = row
    return event_start, row
