"""Which blocks belong to which telescope of an array event.

The table of telescope events holds rows of the block table (`framing.walk`), -1 where
there is no such block.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import I8
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.kernels.simtel import codes, nesting
from cta_columnar.kernels.simtel.adc_flags import adc_telescope
from cta_columnar.kernels.simtel.array_events import BLOCK
from cta_columnar.kernels.simtel.block_table import BEGIN, END, ID, PARENT, TYPE
from cta_columnar.kernels.simtel.tracking import (
    packed_telescope,
    tracking_telescope,
)

# Columns of the table of telescope events; EVENT and TELESCOPE (row in the run header)
# are no blocks.
(
    EVENT,
    TELESCOPE,
    TEL_BLOCK,
    HEADER,
    SAMPLES,
    SUMS,
    TRIGGER_PIXELS,
    POINTING,
    TRUE_IMAGE,
) = range(9)
N_TEL_COLUMNS = 9

# Marks in the table of telescope ids.
UNKNOWN = -1
NOT_WANTED = -2

N_TEL_IDS = 1 << 16
# Pixel lists have the telescope in their id, plus this times what they list.
_LIST_CODE = 1_000_000
# In the ids of image parameters: what is in the block, and the cleaning.
_IMAGE_FLAGS = 0xFFF00
# Their id is the telescope.
_NAMED_BY_ID = (
    types.TEL_EVENT_HEADER,
    types.PIXEL_TIMING,
    types.PIXEL_CALIBRATION,
    types.PIXEL_TRIGGER_TIMES,
)
_NOT_NAMED = -2


@inline
def _id_telescope(block_type: int, block_id: int) -> int:
    """Telescope in the id of a block of a telescope event, or `_NOT_NAMED`."""
    if block_type in (types.ADC_SAMPLES, types.ADC_SUMS):
        return adc_telescope(block_id)
    if block_type == types.PIXEL_LIST:
        return block_id % _LIST_CODE
    if block_type == types.IMAGE_PARAMETERS:
        return packed_telescope(block_id, _IMAGE_FLAGS)
    if block_type in _NAMED_BY_ID:
        return block_id
    return _NOT_NAMED


@inline
def _column(block_type: int, block_id: int) -> int:
    """Column of the table of telescope events for a block; -1 for none."""
    if block_type == types.TEL_EVENT_HEADER:
        return HEADER
    if block_type == types.ADC_SAMPLES:
        return SAMPLES
    if block_type == types.ADC_SUMS:
        return SUMS
    if block_type == types.PIXEL_LIST and block_id // _LIST_CODE == 0:
        return TRIGGER_PIXELS
    return -1


@njit
def _tel_event(blocks: I8, t: int, tel_id: int, row: I8) -> tuple[int, int]:
    """Fill ``row`` with the blocks in telescope event ``t``.

    Returns a code and the block it is about.
    """
    row[TEL_BLOCK] = t
    child = t + 1
    while child < blocks.shape[0] and blocks[child, PARENT] == t:
        block_type, block_id = blocks[child, TYPE], blocks[child, ID]
        if child == t + 1 and block_type != types.TEL_EVENT_HEADER:
            return codes.NO_HEADER, child
        named = _id_telescope(block_type, block_id)
        if named not in (_NOT_NAMED, tel_id):
            return codes.WRONG_TELESCOPE, child
        column = _column(block_type, block_id)
        if column >= 0:
            if row[column] >= 0:
                return codes.DUPLICATE, child
            row[column] = child
        child += 1
    if row[HEADER] < 0:
        return codes.NO_HEADER, t
    has_adc = row[SAMPLES] >= 0 or row[SUMS] >= 0
    return codes.OK if has_adc else codes.NO_ADC, t


@njit
def _tel_events_of(
    blocks: I8,
    event: int,
    top: int,
    tel_index: I8,
    rows: I8,
    n: int,
    pointing: I8,
) -> tuple[int, int, int]:
    """Append the telescope events of an array event to ``rows`` from ``n`` on.

    ``pointing[tel_id]`` is scratch for its tracking blocks.

    Returns the number of rows, a code and the block it is about.
    """
    first = n
    t = top + 1
    while t < blocks.shape[0] and blocks[t, BEGIN] < blocks[top, END]:
        block_type = blocks[t, TYPE]
        if blocks[t, PARENT] != top or block_type < types.TRACKING_BASE:
            t += 1
            continue
        tel_id = nesting.telescope_of(block_type, types.TRACKING_BASE)
        if tel_id >= 0:
            if tracking_telescope(blocks[t, ID]) != tel_id:
                return n, codes.WRONG_TELESCOPE, t
            pointing[tel_id] = t
            t += 1
            continue
        tel_id = nesting.telescope_of(block_type, types.TEL_EVENT_BASE)
        if tel_index[tel_id] == UNKNOWN:
            return n, codes.UNKNOWN_TELESCOPE, t
        if tel_index[tel_id] >= 0:
            rows[n] = -1
            rows[n, EVENT] = event
            rows[n, TELESCOPE] = tel_index[tel_id]
            for k in range(first, n):
                if rows[k, TELESCOPE] == tel_index[tel_id]:
                    return n, codes.DUPLICATE, t
            code, where = _tel_event(blocks, t, tel_id, rows[n])
            if code != codes.OK:
                return n, code, where
            n += 1
        t += 1
    for k in range(first, n):
        block = rows[k, TEL_BLOCK]
        tel_id = nesting.telescope_of(blocks[block, TYPE], types.TEL_EVENT_BASE)
        # Blocks of earlier events may still be noted.
        if pointing[tel_id] <= top:
            return n, codes.NO_POINTING, block
        rows[k, POINTING] = pointing[tel_id]
    return n, codes.OK, top


@njit
def telescope_events(
    blocks: I8, events: I8, tel_index: I8
) -> tuple[I8, I8, int, int, int]:
    """Find the telescope events in array events.

    Parameters
    ----------
    blocks : int64[:, 7]
        Blocks of a buffer.
    events : int64[n, 7]
        Array events in it, see `array_events.array_events`.
    tel_index : int64[N_TEL_IDS]
        Row of each telescope in the run header, `UNKNOWN` or `NOT_WANTED`.

    Returns
    -------
    rows : int64[k, 9]
        Telescope events of wanted telescopes, in file order.
    starts : int64[n + 1]
        Where those of each array event start.
    done, code, where : int
        Array events without error, what is wrong with the next one, and the block
        that is.
    """
    count = 0
    for t in range(blocks.shape[0]):
        count += nesting.telescope_of(blocks[t, TYPE], types.TEL_EVENT_BASE) >= 0
    rows = np.empty((count, N_TEL_COLUMNS), np.int64)
    starts = np.zeros(events.shape[0] + 1, np.int64)
    pointing = np.full(N_TEL_IDS, -1, np.int64)
    n = 0
    for k in range(events.shape[0]):
        top = events[k, BLOCK]
        n, code, where = _tel_events_of(blocks, k, top, tel_index, rows, n, pointing)
        if code != codes.OK:
            starts[k + 1 :] = starts[k]
            return rows[: starts[k]], starts, k, code, where
        starts[k + 1] = n
    return rows[:n], starts, events.shape[0], codes.OK, -1
