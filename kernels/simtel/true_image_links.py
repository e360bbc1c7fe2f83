"""Which true images belong to which telescope events."""

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I8
from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel.array_events import PE_DATA
from cta_columnar.kernels.simtel.block_table import ID, PARENT, TYPE
from cta_columnar.kernels.simtel.telescope_events import (
    TELESCOPE,
    TRUE_IMAGE,
    UNKNOWN,
)

# Ids of photo-electron blocks: telescope, plus this times the use of the shower.
PHOTO_ELECTRON_ID = 1000
# The id of the event is that use, plus this times the number of the shower.
USES = 100


@njit
def _link_one(
    blocks: I8,
    event: I8,
    tel_index: I8,
    rows: I8,
    first: int,
    last: int,
) -> tuple[int, int]:
    """Fill in the true images of one array event; returns a code and a block."""
    top = event[PE_DATA]
    t = top + 1
    while t < blocks.shape[0] and blocks[t, PARENT] == top:
        if blocks[t, TYPE] == types.PHOTO_ELECTRONS:
            telescope = tel_index[blocks[t, ID] % PHOTO_ELECTRON_ID + 1]
            if telescope == UNKNOWN:
                return codes.UNKNOWN_TELESCOPE, t
            for r in range(first, last):
                if rows[r, TELESCOPE] == telescope:
                    if rows[r, TRUE_IMAGE] >= 0:
                        return codes.DUPLICATE, t
                    rows[r, TRUE_IMAGE] = t
        t += 1
    return codes.OK, top


@njit
def link_true_images(
    blocks: I8,
    events: I8,
    starts: I8,
    tel_index: I8,
    rows: I8,
) -> tuple[int, int, int]:
    """Fill in the TRUE_IMAGE of telescope events.

    Photo-electron blocks count telescopes from 0 (telescope 1) on.

    Parameters
    ----------
    blocks, events, tel_index
        As in `telescope_events.telescope_events`.
    starts, rows
        As it returns them.

    Returns
    -------
    done, code, where : int
        As in `telescope_events.telescope_events`.
    """
    for k in range(events.shape[0]):
        if events[k, PE_DATA] >= 0:
            code, where = _link_one(
                blocks, events[k], tel_index, rows, starts[k], starts[k + 1]
            )
            if code != codes.OK:
                return k, code, where
    return events.shape[0], codes.OK, -1
