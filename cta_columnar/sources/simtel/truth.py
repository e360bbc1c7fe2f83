"""Simulated showers of the array events in a buffer."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I8, U1
from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel import block_table, codes
from cta_columnar.kernels.simtel.showers import (
    ALTITUDE,
    AZIMUTH,
    SHOWER,
    mc_events,
    showers,
)
from cta_columnar.sources.simtel.event_table import Stop
from cta_columnar.sources.simtel.pointing import altitude_deg

# What `read_truth` adds to the columns of `SHOWER`.
CORE_X, CORE_Y = len(SHOWER), len(SHOWER) + 1
N_TRUTH = len(SHOWER) + 2
_OF_SHOWER, _CORE = slice(CORE_X), slice(CORE_X, N_TRUTH)


@dataclass(frozen=True)
class Carried:
    """What is known before a buffer.

    Attributes
    ----------
    shower_id : int
        Number of the last shower.
    values : float64[7] or None
        What ``kernels.simtel.showers.SHOWER`` names; None if there was none.
    has_sums : bool or None
        Whether events have sums of photo-electrons; None before the first event.
    """

    shower_id: int = 0
    values: F8 | None = None
    has_sums: bool | None = None


def read_truth(
    data: U1, blocks: I8, events: I8, carried: Carried
) -> tuple[F8, list[Stop]]:
    """Decode the showers of array events and their uses.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    events : int64[n, 7]
        Array events, see `kernels.simtel.array_events`.
    carried : Carried
        What came before the buffer.

    Returns
    -------
    truth : float64[n, 9]
        ``SHOWER`` with angles in deg, then the core; NaN for calibration events.
    stops : list of tuple of int
        What is wrong, if anything.
    """
    out = np.full((len(events), N_TRUTH), np.nan)
    event = np.flatnonzero(events[:, array.CALIBRATION] == array.NOT_CALIBRATION)
    shower_row, mc_row = events[event, array.SHOWER], events[event, array.MC_EVENT]
    stops = []

    of_event, core = np.zeros(event.size, np.int64), np.zeros((event.size, 2))
    done, code = mc_events(data, blocks, mc_row, of_event, core)
    if code != codes.OK:
        stops.append((int(event[done]), code, int(mc_row[done])))
    here_id = blocks[shower_row, block_table.ID]
    shower_id = np.where(shower_row >= 0, here_id, carried.shower_id)
    is_wrong = shower_id[:done] != of_event[:done]
    if is_wrong.any():
        first = int(is_wrong.argmax())
        stops.append((int(event[first]), codes.WRONG_EVENT, int(mc_row[first])))

    here = np.flatnonzero(shower_row >= 0)
    values = np.zeros((here.size, len(SHOWER)))
    done, code = showers(data, blocks, shower_row[here], values)
    if code != codes.OK:
        first = int(here[done])
        stops.append((int(event[first]), code, int(shower_row[first])))
    if carried.values is not None:
        out[event, _OF_SHOWER] = carried.values
    out[event[here], _OF_SHOWER] = values
    out[event, _CORE] = core
    out[:, AZIMUTH] = np.degrees(out[:, AZIMUTH])
    out[:, ALTITUDE] = altitude_deg(out[:, ALTITUDE])
    return out, stops
