"""Simulated showers and events that contradict each other, triggered or not."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel import codes, framing
from cta_columnar.kernels.simtel.framing import ID, PARENT, TYPE
from cta_columnar.kernels.simtel.showers import SHOWER, mc_events, showers
from cta_columnar.sources.simtel.event_table import Ints
from cta_columnar.sources.simtel.truth import Carried


def first_contradiction(
    data: NDArray[np.uint8], blocks: Ints, carried: Carried
) -> tuple[int, int] | None:
    """Find the first bad block among those of simulated events.

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
    found = list(_contradictions(data, blocks, carried))
    return min(found, key=lambda each: each[1]) if found else None


def _contradictions(
    data: NDArray[np.uint8], blocks: Ints, carried: Carried
) -> Iterator[tuple[int, int]]:
    of_top = np.where(blocks[:, PARENT] < 0, blocks[:, TYPE], -1)
    shower = np.flatnonzero(of_top == framing.MC_SHOWER)
    values = np.zeros((shower.size, len(SHOWER)))
    done, code = showers(data, blocks, shower, values)
    if code != codes.OK:
        yield code, int(shower[done])

    event = np.flatnonzero(of_top == framing.MC_EVENT)
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
    yield from _first(falls, event[1:])

    follower = np.flatnonzero(
        (of_top == framing.TELESCOPE_DATA) | (of_top == framing.PE_SUM)
    )
    before = np.searchsorted(event, follower) - 1
    follower, before = follower[before >= 0], before[before >= 0]
    yield from _first(blocks[follower, ID] != ids[before], follower)


def _first(is_wrong: NDArray[np.bool_], rows: Ints) -> Iterator[tuple[int, int]]:
    if is_wrong.any():
        yield codes.WRONG_EVENT, int(rows[is_wrong.argmax()])
