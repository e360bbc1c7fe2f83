"""Good time: intervals ``[start, stop)`` in ns since 1970 (TAI), int64[k, 2]."""

import numpy as np

from cta_columnar.array_types import F8, I8, Mask
from cta_columnar.errors import UserError

_NS = 1e9


class NoGoodTimeError(UserError):
    """Of an observation nothing can be used; others may be as good as ever."""


def good_intervals(
    intervals: I8, gaps: I8 | None = None, shortest_s: float = 0.0
) -> I8:
    """Join intervals and take gaps out of them.

    Parameters
    ----------
    intervals : int64[n, 2]
        Start and stop, in any order; they may overlap.
    gaps : int64[m, 2], optional
        The same, of what is not good.
    shortest_s : float
        Shorter intervals than this are not good either, s.

    Returns
    -------
    good : int64[k, 2]
        In order, apart from each other, none of them empty.

    Raises
    ------
    UserError
        If an interval or a gap stops before it starts.
    NoGoodTimeError
        If nothing is left.
    """
    whole = _joined(_checked(intervals, "interval"))
    no_gaps = np.empty((0, 2), np.int64)
    holes = _joined(_checked(no_gaps if gaps is None else gaps, "gap"))
    # What is good starts where an interval starts or a gap stops, outside of all gaps.
    starts = np.unique(np.concatenate([whole[:, 0], holes[:, 1]]))
    starts = starts[_within(starts, whole) & ~_within(starts, holes)]
    stops = np.sort(np.concatenate([whole[:, 1], holes[:, 0]]))
    good = np.array(
        [(start, stops[np.searchsorted(stops, start, "right")]) for start in starts],
        np.int64,
    ).reshape(-1, 2)
    good = good[good[:, 1] - good[:, 0] >= max(shortest_s * _NS, 1)]
    if good.size == 0:
        raise NoGoodTimeError(
            f"no good time is left of {len(intervals)} intervals "
            f"({ontime(whole):g} s) after {len(holes)} gaps ({ontime(holes):g} s) and "
            f"without intervals shorter than {shortest_s:g} s"
        )
    return good


def gaps_between(time_ns: I8, longest_s: float) -> I8:
    """Gaps in the times of events: where none came for longer than is likely.

    Parameters
    ----------
    time_ns : int64[n]
        In order.
    longest_s : float
        Longest time between two events that is no gap, s.

    Returns
    -------
    gaps : int64[m, 2]
        From the event before to the one after; just behind the former, which is good.
    """
    after = np.flatnonzero(np.diff(time_ns) > longest_s * _NS)
    return np.column_stack([time_ns[after] + 1, time_ns[after + 1]])


def ontime(intervals: I8) -> float:
    """Sum of intervals that do not overlap, s."""
    return float((intervals[:, 1] - intervals[:, 0]).sum() / _NS)


def dead_fraction(n_triggers: int, ontime_s: float, dead_time_s: float) -> float:
    """Share of the time that an array was dead, if each event made it so.

    Parameters
    ----------
    n_triggers : int
        Events that were recorded in the good time, of whatever type.
    ontime_s : float
        Good time, s.
    dead_time_s : float
        After each event, s; triggers in it are lost and do not prolong it.

    Raises
    ------
    UserError
        If that is all of the time.
    """
    fraction = n_triggers * dead_time_s / ontime_s
    if not 0 <= fraction < 1:
        raise UserError(
            f"{n_triggers} events with {dead_time_s:g} s of dead time each do not fit "
            f"into {ontime_s:g} s: is the dead time right?"
        )
    return fraction


def inside(time_ns: I8, intervals: I8) -> Mask:
    """Whether times are in one of some intervals: bool[n]."""
    return _within(np.asarray(time_ns, np.int64), intervals)


def place(fraction: F8, intervals: I8) -> I8:
    """Return the times at some shares of the good time.

    Parameters
    ----------
    fraction : float64[n]
        From 0 to 1, without 1.
    intervals : int64[k, 2]
        Good time.

    Returns
    -------
    time_ns : int64[n]
        Inside of the intervals.
    """
    lengths = intervals[:, 1] - intervals[:, 0]
    ends = np.cumsum(lengths)
    at = np.minimum((fraction * ends[-1]).astype(np.int64), ends[-1] - 1)
    row = np.searchsorted(ends, at, side="right")
    times: I8 = intervals[row, 1] - (ends[row] - at)
    return times


def _checked(intervals: I8, what: str) -> I8:
    rows = np.asarray(intervals, np.int64).reshape(-1, 2)
    backwards = rows[:, 1] < rows[:, 0]
    if backwards.any():
        row = int(np.argmax(backwards))
        raise UserError(f"{what} {row + 1} of {len(rows)} stops before it starts")
    return rows


def _joined(intervals: I8) -> I8:
    """Without overlaps and in order."""
    rows = intervals[intervals[:, 1] > intervals[:, 0]]
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    if len(rows) == 0:
        return rows
    reach = np.maximum.accumulate(rows[:, 1])
    first = np.r_[True, rows[1:, 0] > reach[:-1]]
    last = np.r_[np.flatnonzero(first)[1:] - 1, len(rows) - 1]
    return np.column_stack([rows[first, 0], reach[last]])


def _within(times: I8, intervals: I8) -> Mask:
    """Whether times are in ordered intervals without overlap."""
    if len(intervals) == 0:
        return np.zeros(times.shape, bool)
    row = np.searchsorted(intervals[:, 0], times, side="right") - 1
    within: Mask = (row >= 0) & (times < intervals[np.maximum(row, 0), 1])
    return within
