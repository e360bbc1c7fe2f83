"""Ids of array events, and of the blocks that must have the same.

The ids are the only thing that ties a block to its event, so each is compared with
another place where a program wrote the same number.
"""

import numpy as np

from cta_columnar.array_types import F8, I8, Mask
from cta_columnar.kernels.simtel import array_events as array
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel import telescope_events as tel
from cta_columnar.kernels.simtel.block_table import ID
from cta_columnar.sources.simtel.event_table import Stop


def event_ids(blocks: I8, events: I8) -> tuple[I8, list[Stop]]:
    """Ids of array events, which must be those of their simulated events.

    Parameters
    ----------
    blocks : int64[:, 7]
        Blocks of the buffer, see `framing.walk`.
    events : int64[n, 7]
        Array events, see `kernels.simtel.array_events`.

    Returns
    -------
    event_id : int64[n]
        0 for calibration events.
    stops : list of tuple of int
        What is wrong, if anything.
    """
    ids = blocks[:, ID]
    of_trigger, of_event = ids[events[:, array.TRIGGER]], ids[events[:, array.BLOCK]]
    # In old files only that of the trigger is right, in others it is missing.
    event_id = np.where(of_trigger != 0, of_trigger, of_event)
    is_shower = events[:, array.CALIBRATION] == array.NOT_CALIBRATION
    stops = []
    for column in (array.MC_EVENT, array.PE_SUM, array.PE_DATA):
        row = events[:, column]
        is_wrong = is_shower & (row >= 0) & (ids[row] != event_id)
        stops += _first(is_wrong, codes.WRONG_EVENT, row)
    return np.where(is_shower, event_id, 0), stops


def check_sums(events: I8, expected: bool | None) -> tuple[bool | None, list[Stop]]:
    """Check that all array events of showers have sums of photo-electrons, or none.

    Parameters
    ----------
    events
        As in `event_ids`.
    expected : bool or None
        Whether earlier ones had; None if there were none.

    Returns
    -------
    has_sums : bool or None
        What holds for later ones.
    stops : list of tuple of int
        What is wrong, if anything.
    """
    is_shower = events[:, array.CALIBRATION] == array.NOT_CALIBRATION
    has_sums = events[:, array.PE_SUM] >= 0
    if expected is None and is_shower.any():
        expected = bool(has_sums[is_shower.argmax()])
    if (has_sums == expected)[is_shower].all():
        return expected, []
    # The first without is bad, even if it was taken for the rule.
    is_wrong = is_shower & ~has_sums
    return expected, _first(is_wrong, codes.NO_PE_SUM, events[:, array.BLOCK])


def check_counts(
    blocks: I8,
    events: I8,
    rows: I8,
    starts: I8,
    own_count: F8,
    array_count: F8,
) -> list[Stop]:
    """Check the ids of telescope and array events.

    The id of a telescope event is the count of array events in its header, or the id of
    the trigger: whoever repeats events numbers array events and triggers again, but
    leaves what is in them alone, and not every program fills in the counts.

    The id of an array event is that of its trigger (which old files lack), or the count
    of a telescope's own events: with one telescope that numbers the array events, too.

    Parameters
    ----------
    blocks, events
        As in `event_ids`.
    rows : int64[k, 9]
        Telescope events, see `kernels.simtel.telescope_events`.
    starts : int64[n + 1]
        Where those of each array event start.
    own_count, array_count : float64[k]
        Counts in their headers: of events of the telescope, and of the array.

    Returns
    -------
    stops : list of tuple of int
        What is wrong, if anything.
    """
    ids, event = blocks[:, ID], rows[:, tel.EVENT]
    of_event = ids[events[:, array.BLOCK]]
    of_trigger = ids[events[:, array.TRIGGER]]
    of_tel = ids[rows[:, tel.TEL_BLOCK]]
    is_wrong = (of_tel != array_count) & (of_tel != of_trigger[event])
    stops = _first(is_wrong, codes.WRONG_EVENT, rows[:, tel.TEL_BLOCK], event)
    is_shower = events[:, array.CALIBRATION] == array.NOT_CALIBRATION
    is_right = (of_event == of_trigger) | (is_shower & (of_trigger == 0))
    is_right[event[of_event[event] == own_count]] = True
    is_wrong = ~is_right & (np.diff(starts) > 0)
    return stops + _first(is_wrong, codes.WRONG_EVENT, events[:, array.BLOCK])


def _first(is_wrong: Mask, code: int, block: I8, event: I8 | None = None) -> list[Stop]:
    """Stop at the first wrong row; ``event`` is the array event of each row."""
    if not is_wrong.any():
        return []
    first = int(is_wrong.argmax())
    n = first if event is None else int(event[first])
    return [(n, code, int(block[first]))]
