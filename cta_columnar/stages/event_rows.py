"""Which telescope events and showers belong to which array event."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cta_columnar.array_types import F8, I8
from cta_columnar.kernels.coordinates import direction, direction_to_altaz
from cta_columnar.kernels.grouping import event_offsets
from cta_columnar.schemas import dl2
from cta_columnar.schemas.keys import EVENT_NAMES, TEL_EVENT_NAMES

Arrays = Mapping[str, Any]

POINTING = ("pointing_alt", "pointing_az")
ARRAY_POINTING = ("array_pointing_alt", "array_pointing_az")


def first_rows(events: Arrays, rows: Arrays, what: str) -> I8:
    """Where the rows of each array event begin, and the last ones end.

    Parameters
    ----------
    events, rows : mapping of str to array
        Their keys, sorted by (obs_id, event_id); an event may have no row.
    what : str
        What a row is, for errors.

    Raises
    ------
    ValueError
        If a row belongs to no event, or something is out of order.
    """
    # Copies: numba would compile once more for each mix with read-only views.
    keys = [np.array(each[n], np.int64) for each in (events, rows) for n in EVENT_NAMES]
    event_start, n_matched = event_offsets(*keys)
    if n_matched < keys[2].size:
        key = ", ".join(f"{name} {rows[name][n_matched]}" for name in EVENT_NAMES)
        raise ValueError(
            f"{what} {n_matched} ({key}) has no array event, or is out of order"
        )
    return event_start


def check_telescopes_ascend(event_start: I8, telescopes: Arrays) -> None:
    """Results must not depend on the order of telescopes, not even by rounding."""
    tel_id = np.asarray(telescopes["tel_id"])
    ascends = np.diff(tel_id) > 0
    first = event_start[(event_start > 0) & (event_start < tel_id.size)]
    ascends[first - 1] = True  # steps from one event to the next
    if not ascends.all():
        row = int(np.argmin(ascends)) + 1
        key = ", ".join(f"{name} {telescopes[name][row]}" for name in TEL_EVENT_NAMES)
        raise ValueError(f"telescope event {row} ({key}) is out of order or double")


def array_pointing(
    events: Arrays, telescopes: Arrays, event_start: I8
) -> dict[str, F8]:
    """Pointing of the array, deg: as given, else the mean of the telescopes."""
    n_events = event_start.size - 1
    given = {
        name: np.array(events.get(name, np.full(n_events, np.nan)), np.float64)
        for name in ARRAY_POINTING
    }
    missing = np.isnan(given["array_pointing_alt"])
    if missing.any():
        event = np.repeat(np.arange(n_events), np.diff(event_start))
        vectors = direction(*(np.radians(telescopes[name]) for name in POINTING))
        sums = np.zeros((3, n_events))
        np.add.at(sums.T, event, vectors.T)
        mean = np.degrees(direction_to_altaz(*sums))
        mean[:, np.diff(event_start) == 0] = np.nan
        for name, values in zip(ARRAY_POINTING, mean, strict=True):
            given[name][missing] = values[missing]
    return given


def truth(events: Arrays, showers: Arrays) -> dict[str, Any]:
    """Return the true shower of each event."""
    start = first_rows(events, showers, "shower")
    wrong = np.flatnonzero(np.diff(start) != 1)
    if wrong.size:
        key = ", ".join(f"{name} {events[name][wrong[0]]}" for name in EVENT_NAMES)
        n_showers = np.diff(start)[wrong[0]]
        raise ValueError(f"array event {key} has {n_showers} true showers instead of 1")
    return {name: showers[name] for name in dl2.TRUTH.names}
