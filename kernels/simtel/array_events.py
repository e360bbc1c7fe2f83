"""Which blocks belong to which array event.

The table of array events holds rows of the block table (`framing.walk`), -1 where
there is no such block.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import I8
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.block_table import ID, PARENT, TYPE

# Columns of the table of array events. CALIBRATION is the type of a calibration
# event, or one of the two constants below.
BLOCK, TRIGGER, SHOWER, MC_EVENT, PE_SUM, PE_DATA, CALIBRATION = range(7)
N_EVENT_COLUMNS = 7
NOT_CALIBRATION = -1
UNKNOWN_CALIBRATION = -2
# Types are small numbers.
_MAX_CALIBRATION = 255


@inline
def _carry(block_type: int, t: int, state: I8) -> None:
    """Note a top-level block: ``state`` is the event being built."""
    if block_type in (
        types.RUN_HEADER,
        types.MC_SHOWER,
        types.MC_EVENT,
    ):
        state[PE_SUM] = state[PE_DATA] = state[MC_EVENT] = -1
    if block_type == types.RUN_HEADER:
        state[SHOWER] = -2
    elif block_type == types.MC_SHOWER:
        state[SHOWER] = t
    elif block_type == types.MC_EVENT:
        state[MC_EVENT] = t
    elif block_type == types.TELESCOPE_DATA:
        state[PE_DATA] = t
    elif block_type == types.PE_SUM:
        state[PE_SUM] = t
    elif block_type == types.CALIBRATION_PE:
        state[CALIBRATION] = t


@njit
def _new_event(
    blocks: I8,
    t: int,
    state: I8,
    event: I8,
) -> int:
    """Fill the row of the array event block ``t``; returns a code."""
    event[:] = -1
    event[BLOCK] = t
    has_trigger = t + 1 < blocks.shape[0] and blocks[t + 1, PARENT] == t
    if not has_trigger or blocks[t + 1, TYPE] != types.CENTRAL_EVENT:
        return codes.NO_TRIGGER
    event[TRIGGER] = t + 1
    above = blocks[t, PARENT]
    if above >= 0:
        if not -1 <= blocks[above, ID] <= _MAX_CALIBRATION:
            return codes.BAD_VALUE
        event[CALIBRATION] = max(blocks[above, ID], 0)
        # Here the state holds the photo-electrons of calibration events.
        pe = state[CALIBRATION]
        if pe >= 0 and pe + 1 < blocks.shape[0] and blocks[pe + 1, PARENT] == pe:
            event[PE_DATA] = pe + 1
        state[CALIBRATION] = -1
    elif state[SHOWER] == -2:
        # Unpacked calibration events come before the first shower.
        event[CALIBRATION] = UNKNOWN_CALIBRATION
    else:
        event[CALIBRATION] = NOT_CALIBRATION
        for column in range(SHOWER, CALIBRATION):
            event[column] = state[column]
        if event[MC_EVENT] < 0:
            return codes.NO_MC_EVENT
    return codes.OK


@njit
def array_events(blocks: I8, has_shower: bool) -> tuple[I8, int]:
    """Find array events, and the simulated shower and event each belongs to.

    Parameters
    ----------
    blocks : int64[:, 7]
        Blocks of a buffer.
    has_shower : bool
        Whether there was a shower block before the buffer.

    Returns
    -------
    events : int64[n, 7]
        Array events up to the first bad one; a SHOWER of -1 is the one before the
        buffer.
    code : int
        What is wrong with the next array event.
    """
    count = 0
    for t in range(blocks.shape[0]):
        count += blocks[t, TYPE] == types.ARRAY_EVENT
    events = np.empty((count, N_EVENT_COLUMNS), np.int64)
    state = np.full(N_EVENT_COLUMNS, -1, np.int64)
    if not has_shower:
        state[SHOWER] = -2
    n = 0
    for t in range(blocks.shape[0]):
        if blocks[t, TYPE] == types.ARRAY_EVENT:
            code = _new_event(blocks, t, state, events[n])
            if code != codes.OK:
                return events[:n], code
            n += 1
        elif blocks[t, PARENT] < 0:
            _carry(blocks[t, TYPE], t, state)
    return events, codes.OK
