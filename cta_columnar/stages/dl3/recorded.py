"""Observations from what was recorded: times of triggers, and the pointing."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.intervals import (
    NoGoodTimeError,
    dead_fraction,
    gaps_between,
    good_intervals,
    inside,
    ontime,
)
from cta_columnar.stages.dl3.labels import Labels
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.pointing import find_pointing
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.times import as_ns

# The interval of a trigger alone is 1 ns long; seconds of GADF have steps of 120 ns.
_ALONE_S = 1e-6


@dataclass(frozen=True)
class GoodTime:
    """What counts as good time.

    Attributes
    ----------
    longest_gap : float
        Longest time without any trigger, s; a longer one is a gap.
    shortest : float
        Shorter intervals are left out, s; a trigger alone always is, as it does not
        tell how long the array observed.
    dead_time : float
        After each trigger, s.
    pointing_tolerance : float
        See `find_pointing`, deg.
    """

    longest_gap: float = 10.0
    shortest: float = 1.0
    dead_time: float = 0.0
    pointing_tolerance: float = 0.01


def recorded_observation(
    obs_id: int,
    trigger_time: AnyArray,
    pointing: tuple[AnyArray, F8, F8],
    site: Site,
    good_time: GoodTime | None = None,
    *,
    pointing_tel_id: AnyArray | None = None,
    intervals: I8 | None = None,
    tel_ids: tuple[int, ...] = (),
    target: Target | None = None,
    labels: Labels | None = None,
) -> Observation:
    """Find out about an observation from its tables.

    Parameters
    ----------
    obs_id : int
        Its number.
    trigger_time : int64[n] or datetime64[n]
        Of all triggers, whatever came of them: they tell gaps and dead time. TAI.
    pointing : tuple of arrays [m]
        Times (as above), altitude and azimuth of the array, deg.
    site : Site
        Where it stands.
    good_time : GoodTime, optional
        What counts as good.
    pointing_tel_id : int array[m], optional
        Whose pointings these are; by default all of one telescope. One that has not
        moved since before the good time has no row in it: its last one counts.
    intervals : int64[k, 2], optional
        When it observed, ns since 1970 (TAI). Without it, from the first to the last
        trigger.
    tel_ids, target, labels
        See `Observation`.

    Raises
    ------
    NoGoodTimeError
        If there are too few triggers, or all are alone.
    UserError
        If a trigger has no time, or the array pointed nowhere or at two places.
    """
    good_time = good_time or GoodTime()
    times = np.sort(as_ns(trigger_time))
    if times.size < 2:
        raise NoGoodTimeError(
            f"{times.size} triggers; wanted are all of them, as they tell when the "
            "array observed"
        )
    if times[0] == np.iinfo(np.int64).min:
        # Not a time, as NumPy has it; differences from it overflow.
        n_without = int(np.count_nonzero(times == times[0]))
        raise UserError(
            f"observation {obs_id}: {n_without} of {times.size} triggers have no time "
            "(NaT), so nobody knows when it observed: make its dataset again"
        )
    whole = np.array([[times[0], times[-1] + 1]]) if intervals is None else intervals
    gaps = _gaps(times, whole, good_time.longest_gap)
    good = good_intervals(whole, gaps, max(good_time.shortest, _ALONE_S))
    n_triggers = int(np.count_nonzero(inside(times, good)))
    during = _during(pointing, pointing_tel_id, int(good[0, 0]), int(good[-1, 1]))
    try:
        found = find_pointing(*during, site, good_time.pointing_tolerance)
    except UserError as error:
        raise UserError(f"observation {obs_id}: {error}") from error
    return Observation(
        obs_id=obs_id,
        intervals=good,
        pointing=found,
        site=site,
        dead_fraction=dead_fraction(n_triggers, ontime(good), good_time.dead_time),
        tel_ids=tel_ids,
        target=target,
        labels=labels or Labels(),
    )


def _during(
    pointing: tuple[AnyArray, F8, F8], tel_id: AnyArray | None, start: int, stop: int
) -> tuple[I8, F8, F8]:
    """Pointings from start to stop; of what stood still, that of before, at the start.

    Returns
    -------
    time_ns, alt, az : int64[k], float64[k], float64[k]
    """
    time_ns = as_ns(pointing[0])
    tel_id = np.zeros(time_ns.size) if tel_id is None else tel_id
    order = np.lexsort([time_ns, tel_id])
    time_ns, tel_id = time_ns[order], tel_id[order]
    until = np.full(time_ns.size, np.iinfo(np.int64).max)
    same = tel_id[1:] == tel_id[:-1]
    until[:-1][same] = time_ns[1:][same]
    stands = (time_ns < start) & (until > stop)
    kept = ((time_ns >= start) & (time_ns <= stop)) | stands
    alt, az = pointing[1][order][kept], pointing[2][order][kept]
    return np.maximum(time_ns[kept], start), alt, az


def _gaps(times: I8, whole: I8, longest_s: float) -> I8:
    """Gaps between triggers, and before the first and behind the last of them."""
    ends = np.array([[whole.min(), times[0]], [times[-1] + 1, whole.max()]])
    long = ends[:, 1] - ends[:, 0] > longest_s * 1e9
    return np.concatenate([gaps_between(times, longest_s), ends[long]])
