"""Which triggered telescopes an array keeps, and which events it is then left with."""

import numpy as np

from cta_columnar.array_types import I2, I4, I8, Mask


def telescopes_per_group(offsets: I8, tel_ids: I2, group_of: I4, n_groups: int) -> I8:
    """Count the triggered telescopes of each kind in each event.

    Parameters
    ----------
    offsets : int64[e + 1]
        Where the triggered telescopes of each event begin.
    tel_ids : int16[k]
        Triggered telescopes of all events.
    group_of : int32[t]
        Group of the telescope with the id ``t``.
    n_groups : int
        How many groups there are.

    Returns
    -------
    n_triggered : int64[e, g]
    """
    n_events = offsets.size - 1
    event = np.repeat(np.arange(n_events), np.diff(offsets))
    place = event * n_groups + group_of[tel_ids]
    counts = np.bincount(place, minlength=n_events * n_groups)
    return counts.reshape(n_events, n_groups)


def software_trigger(
    n_triggered: I8, min_of_group: I8, min_telescopes: int
) -> tuple[Mask, Mask]:
    """Drop groups with too few telescopes, then events with too few left.

    So an array triggers in which telescopes of one type are taken only together, as
    the LSTs of CTAO: a lone one does not count for the number of telescopes.

    Parameters
    ----------
    n_triggered : int64[e, g]
        Triggered telescopes of each group.
    min_of_group : int64[g]
        Fewer telescopes of a group in an event are none.
    min_telescopes : int
        Telescopes of all groups that an event needs.

    Returns
    -------
    keeps_group : bool[e, g]
        Whether the telescopes of a group stay in an event.
    passes : bool[e]
        Whether the event stays.
    """
    keeps_group = n_triggered >= min_of_group
    n_left = np.where(keeps_group, n_triggered, 0).sum(axis=1)
    return keeps_group, n_left >= min_telescopes
