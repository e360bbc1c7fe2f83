"""Blocks that contradict each other, whether or not the rows made of them need them.

Simulated showers, events and photo-electrons of events that trigger nothing become no
rows, and of some blocks nothing is read at all. If they cannot be right, something is
wrong with the file all the same.
"""

from collections.abc import Iterator

import numpy as np

from cta_columnar.array_types import I8, U1, Mask
from cta_columnar.kernels.simtel import block_types, codes
from cta_columnar.kernels.simtel.block_table import ID, PARENT, TYPE, VERSION
from cta_columnar.kernels.simtel.showers import SHOWER, mc_events, showers
from cta_columnar.kernels.simtel.true_image_links import PHOTO_ELECTRON_ID, USES
from cta_columnar.kernels.simtel.unread import check_unread
from cta_columnar.sources.simtel.truth import Carried

Found = Iterator[tuple[int, int]]
# Of one shower; programs allow 20.
_MOST_USES = 1000


def first_contradiction(
    data: U1, blocks: I8, carried: Carried
) -> tuple[int, int] | None:
    """Find the first bad block among those that may become no rows.

    An event names its shower, ids rise within a shower, and true images and sums of
    photo-electrons have the id of the event before them.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    carried : Carried
        What came before the buffer.

    Returns
    -------
    found : tuple of int or None
        A code, and the row of the block it is about.
    """
    found = [
        *_of_simulation(data, blocks, carried),
        *_of_photo_electrons(blocks),
        *_of_versions(blocks),
    ]
    row, code = check_unread(data, blocks)
    if code != codes.OK:
        found.append((code, row))
    return min(found, key=lambda each: each[1]) if found else None


def _of_simulation(data: U1, blocks: I8, carried: Carried) -> Found:
    of_top = np.where(blocks[:, PARENT] < 0, blocks[:, TYPE], -1)
    shower = np.flatnonzero(of_top == block_types.MC_SHOWER)
    values = np.zeros((shower.size, len(SHOWER)))
    done, code = showers(data, blocks, shower, values)
    if code != codes.OK:
        yield code, int(shower[done])

    event = np.flatnonzero(of_top == block_types.MC_EVENT)
    named, core = np.zeros(event.size, np.int64), np.zeros((event.size, 2))
    done, code = mc_events(data, blocks, event, named, core)
    if code != codes.OK:
        yield code, int(event[done])
    event, named = event[:done], named[:done]
    # The shower before each event; -1 for that before the buffer.
    number = np.searchsorted(shower, event) - 1
    shower_id = np.append(blocks[shower, ID], carried.shower_id)[number]
    yield from _first(shower_id != named, event)

    ids = blocks[event, ID]
    falls = (np.diff(ids) <= 0) & (np.diff(number) == 0)
    yield from _first(falls, event[1:], codes.OUT_OF_ORDER)
    # Programs give 100 ids to each shower, or number all events one after the other.
    in_hundreds, in_a_row = ids - USES * named, ids - named
    is_near = (in_hundreds >= 0) & (in_hundreds < _MOST_USES)
    is_near |= (in_a_row >= 0) & (in_a_row < _MOST_USES)
    yield from _first(~is_near, event)

    follower = np.flatnonzero(
        (of_top == block_types.TELESCOPE_DATA) | (of_top == block_types.PE_SUM)
    )
    before = np.searchsorted(event, follower) - 1
    follower, before = follower[before >= 0], before[before >= 0]
    yield from _first(blocks[follower, ID] != ids[before], follower)


def _of_photo_electrons(blocks: I8) -> Found:
    """Blocks of telescopes come in order, and repeat which use of the shower it is."""
    row = np.flatnonzero(blocks[:, TYPE] == block_types.PHOTO_ELECTRONS)
    above = blocks[row, PARENT]
    is_simulated = blocks[above, PARENT] < 0
    row, above = row[is_simulated], above[is_simulated]
    use = blocks[row, ID] // PHOTO_ELECTRON_ID
    yield from _first((use - blocks[above, ID]) % USES != 0, row)
    falls = (np.diff(blocks[row, ID]) <= 0) & (np.diff(above) == 0)
    yield from _first(falls, row[1:], codes.OUT_OF_ORDER)


def _of_versions(blocks: I8) -> Found:
    """Telescope events have one version: nothing else shows that it is wrong."""
    number = (blocks[:, TYPE] - block_types.TEL_EVENT_BASE) % 1000
    is_tel_event = blocks[:, TYPE] >= block_types.TEL_EVENT_BASE
    row = np.flatnonzero(is_tel_event & (number < 100))
    yield from _first(np.diff(blocks[row, VERSION]) != 0, row[1:], codes.BAD_VERSION)


def _first(is_wrong: Mask, rows: I8, code: int = codes.WRONG_EVENT) -> Found:
    if is_wrong.any():
        yield code, int(rows[is_wrong.argmax()])
