"""Rates and conditions of an observation, sub-interval by sub-interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I8, AnyArray
from cta_columnar.gadf import Hdu
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.intervals import inside
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.off_region import Region, outside
from cta_columnar.stages.dl3.times import to_ns

_NS = 1e9


@dataclass(frozen=True, eq=False)
class Triggers:
    """What is known of all triggers of an observation.

    Attributes
    ----------
    time_ns : int64[n]
        Times of recorded ones, in order; empty if `rate` is given.
    dead_time : float
        After each, s.
    rate : float
        Of triggers that are expected, 1/s of live time, where there are no times; else
        NaN.
    """

    time_ns: I8
    dead_time: float = 0.0
    rate: float = np.nan


def sub_intervals(observation: Observation, length_s: float) -> I8:
    """Cut an observation into pieces.

    Parameters
    ----------
    observation : Observation
        From its start to its end, gaps included.
    length_s : float
        Of each, s; the last one may be shorter.

    Returns
    -------
    pieces : int64[k, 2]
        ns since 1970 (TAI).
    """
    step = max(round(length_s * _NS), 1)
    starts = np.arange(observation.start_ns, observation.stop_ns, step, dtype=np.int64)
    return np.column_stack([starts, np.append(starts[1:], observation.stop_ns)])


def interval_columns(
    observation: Observation,
    events: Hdu,
    triggers: Triggers,
    regions: Sequence[Region],
    pieces: I8,
) -> dict[str, AnyArray]:
    """Make the columns of ``schemas.technical.RATES``.

    Parameters
    ----------
    observation : Observation
        Its good time and dead time.
    events : Hdu
        Its event list.
    triggers : Triggers
        All triggers.
    regions : sequence of Region
        Around sources: events elsewhere are cosmic rays.
    pieces : int64[k, 2]
        From `sub_intervals`.
    """
    ontime = _overlap(pieces, observation.intervals)
    if np.isnan(triggers.rate):
        good = triggers.time_ns[inside(triggers.time_ns, observation.intervals)]
        n_triggers = _counts(good, pieces).astype(np.float64)
        live = np.maximum(ontime - n_triggers * triggers.dead_time, 0.0)
    else:
        live = ontime * (1.0 - observation.dead_fraction)
        n_triggers = live * triggers.rate
    time_ns = to_ns(events["TIME"])
    away = outside(regions, events["RA"], events["DEC"])
    n_away = _counts(time_ns[away], pieces)
    return {
        "ontime": ontime,
        "live_time": live,
        "dead_time": ontime - live,
        "n_triggers": n_triggers,
        "trigger_rate": _per(n_triggers, live),
        "n_events": _counts(time_ns, pieces),
        "n_cosmic_rays": n_away,
        "cosmic_ray_rate": _per(n_away, live),
        "cosmic_ray_rate_uncert": _per(np.sqrt(n_away), live),
    }


def weather_columns(
    weather: Mapping[str, AnyArray] | None, pieces: I8
) -> dict[str, AnyArray]:
    """Make the columns of ``schemas.technical.WEATHER``.

    Parameters
    ----------
    weather : mapping of str to array[n], optional
        ``time`` (int64, ns since 1970, TAI, in order) and any of these columns.
    pieces : int64[k, 2]
        From `sub_intervals`: values are those at their middle, between those that are
        given. NaN before the first and after the last.
    """
    middle = pieces.mean(axis=1)
    columns: dict[str, AnyArray] = {}
    for name in technical.WEATHER.names:
        values = np.full(len(pieces), np.nan)
        given = np.asarray(() if weather is None else weather.get(name, ()), np.float64)
        known = np.isfinite(given)
        if weather is not None and known.any():
            values = np.interp(
                middle,
                weather["time"][known].astype(np.float64),
                given[known],
                left=np.nan,
                right=np.nan,
            )
        columns[name] = values
    return columns


@dataclass(frozen=True, eq=False)
class Monitored:
    """What calibration events and muons tell of one telescope.

    Attributes
    ----------
    pedestal_time, pedestal_mean, pedestal_std : array[n]
        Starts of chunks of pedestals (int64, ns since 1970, TAI, in order), charge and
        scatter (p.e.), median over pixels.
    muon_time, muon_efficiency : array[m]
        Times of rings, and photo-electrons per Cherenkov photon.
    """

    pedestal_time: I8
    pedestal_mean: F8
    pedestal_std: F8
    muon_time: I8
    muon_efficiency: F8


def telescope_columns(monitored: Monitored, pieces: I8) -> dict[str, AnyArray]:
    """Make the columns of ``schemas.technical.TELESCOPES`` for one telescope.

    Pedestals are those of the last chunk that has begun by the middle of a piece;
    before the first, those of the first.
    """
    level = np.full((2, len(pieces)), np.nan)
    if monitored.pedestal_time.size:
        middle = pieces.mean(axis=1)
        row = np.searchsorted(monitored.pedestal_time, middle, side="right") - 1
        row = np.maximum(row, 0)
        level[0], level[1] = monitored.pedestal_mean[row], monitored.pedestal_std[row]
    first, last = np.searchsorted(monitored.muon_time, pieces).T
    counts = last - first
    sums, squares = (
        np.concatenate([[0.0], np.cumsum(monitored.muon_efficiency**power)])
        for power in (1, 2)
    )
    mean = _per(sums[last] - sums[first], counts)
    variance = np.maximum(_per(squares[last] - squares[first], counts) - mean**2, 0.0)
    return {
        "pedestal_mean": level[0],
        "pedestal_std": level[1],
        "n_muons": counts,
        "light_throughput": mean,
        # Of the mean, from the scatter of a sample.
        "light_throughput_uncert": np.sqrt(_per(variance, counts - 1)),
    }


def _overlap(pieces: I8, intervals: I8) -> F8:
    """Time of each piece within intervals that do not overlap, s: float64[k]."""
    low = np.maximum(pieces[:, :1], intervals[:, 0])
    high = np.minimum(pieces[:, 1:], intervals[:, 1])
    overlap: F8 = np.maximum(high - low, 0).sum(axis=1) / _NS
    return overlap


def _counts(time_ns: I8, pieces: I8) -> I8:
    first, last = np.searchsorted(np.sort(time_ns), pieces).T
    return np.asarray(last - first, np.int64)


def _per(values: AnyArray, amount: AnyArray) -> F8:
    """Quotient; NaN where there is nothing to divide by."""
    quotient = np.full(np.shape(values), np.nan)
    np.divide(values, amount, out=quotient, where=np.asarray(amount) > 0)
    return quotient
