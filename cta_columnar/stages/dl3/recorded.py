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
        If the array pointed nowhere or at two places.
    """
    good_time = good_time or GoodTime()
    times = np.sort(as_ns(trigger_time))
    if times.size < 2:
        raise NoGoodTimeError(
            f"{times.size} triggers; wanted are all of them, as they tell when the "
            "array observed"
        )
    whole = np.array([[times[0], times[-1] + 1]]) if intervals is None else intervals
    gaps = _gaps(times, whole, good_time.longest_gap)
    good = good_intervals(whole, gaps, max(good_time.shortest, _ALONE_S))
    n_triggers = int(np.count_nonzero(inside(times, good)))
    pointing_ns, alt, az = as_ns(pointing[0]), pointing[1], pointing[2]
    during = (pointing_ns >= good[0, 0]) & (pointing_ns <= good[-1, 1])
    during_it = pointing_ns[during], alt[during], az[during]
    try:
        found = find_pointing(*during_it, site, good_time.pointing_tolerance)
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


def _gaps(times: I8, whole: I8, longest_s: float) -> I8:
    """Gaps between triggers, and before the first and behind the last of them."""
    ends = np.array([[whole.min(), times[0]], [times[-1] + 1, whole.max()]])
    long = ends[:, 1] - ends[:, 0] > longest_s * 1e9
    return np.concatenate([gaps_between(times, longest_s), ends[long]])
