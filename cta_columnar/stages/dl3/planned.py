"""Observations that are asked for: times and pointings from a configuration."""

import warnings
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from astropy.time import Time, TimeDelta
from erfa import ErfaWarning

from cta_columnar.array_types import I8
from cta_columnar.config import ObservationConfig
from cta_columnar.config.observation import SeriesConfig
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.field_of_view import from_polar
from cta_columnar.stages.dl3.intervals import good_intervals, place
from cta_columnar.stages.dl3.labels import Labels
from cta_columnar.stages.dl3.observation import Observation, Target
from cta_columnar.stages.dl3.pointing import Drift, Pointing, Tracking
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.times import from_astropy, utc

_MINUTE_NS = 60_000_000_000
# Where an observation is looked at, to see whether it is above the horizon.
_LOOKS = 20


def planned_observations(
    config: ObservationConfig,
    site: Site,
    *,
    tel_ids: tuple[int, ...] = (),
    labels: Labels | None = None,
) -> list[Observation]:
    """Make all observations of a configuration, one series after the other.

    Parameters
    ----------
    config : ObservationConfig
        What is asked for.
    site : Site
        Where the array stands.
    tel_ids, labels
        See `Observation`.

    Raises
    ------
    UserError
        If a time cannot be read, two observations overlap, a gap reaches beyond its
        observation, or the array would point below the horizon.
    """
    target = Target(config.target.name, config.target.ra, config.target.dec)
    planned: list[Observation] = []
    for series in config.observations:
        start = _start(series, config.time_scale)
        for number in range(series.number):
            first = start + number * _ns(series.duration + series.pause)
            planned.append(
                Observation(
                    obs_id=config.first_obs_id + len(planned),
                    intervals=_intervals(series, first),
                    pointing=_pointing(series, number, target),
                    site=site,
                    dead_fraction=config.dead_fraction,
                    tel_ids=tel_ids,
                    target=target,
                    labels=labels or Labels(),
                )
            )
    _check_overlaps(planned)
    for each in planned:
        _check_horizon(each)
    return planned


def _ns(minutes: float) -> int:
    return round(minutes * _MINUTE_NS)


def _start(series: SeriesConfig, scale: str) -> int:
    try:
        with warnings.catch_warnings():
            # Of years for which leap seconds are not announced yet.
            warnings.simplefilter("ignore", ErfaWarning)
            start = Time(series.start, scale=scale)
            # So that a series that goes on for too long is not read, either.
            minutes = series.number * (series.duration + series.pause)
            from_astropy(start + TimeDelta(minutes * 60, format="sec"))
            return int(from_astropy(start))
    except UserError as error:
        raise UserError(
            f"observe.observations: start {series.start!r}: {error}"
        ) from error
    except ValueError as error:
        raise UserError(
            f"observe.observations: start {series.start!r} is no time; write "
            "2024-12-05T23:40:00"
        ) from error


def _intervals(series: SeriesConfig, start: int) -> I8:
    whole = np.array([[start, start + _ns(series.duration)]], np.int64)
    for low, high in series.gaps:
        if not 0 <= low < high <= series.duration:
            raise UserError(
                f"observe.observations: the gap from {low:g} to {high:g} min is not "
                f"inside of an observation of {series.duration:g} min"
            )
    gaps = [[start + _ns(low), start + _ns(high)] for low, high in series.gaps]
    return good_intervals(whole, np.array(gaps, np.int64).reshape(-1, 2))


def _pointing(series: SeriesConfig, number: int, target: Target) -> Pointing:
    if series.alt is not None and series.az is not None:
        return Drift(series.alt, series.az)
    if series.ra is not None and series.dec is not None:
        return Tracking(series.ra, series.dec)
    angle = series.position_angles[number % len(series.position_angles)]
    # `from_polar` turns against the azimuth, the sky towards growing right ascension.
    dec, ra = from_polar(
        np.array([series.offset], np.float64),
        np.array([-angle]),
        np.array([target.dec]),
        np.array([target.ra]),
    )
    return Tracking(float(ra[0]) % 360.0, float(dec[0]))


def _check_overlaps(planned: Sequence[Observation]) -> None:
    in_order = sorted(planned, key=lambda each: each.start_ns)
    for before, after in pairwise(in_order):
        if after.start_ns < before.stop_ns:
            raise UserError(
                f"observations {before.obs_id} and {after.obs_id} overlap: one array "
                "cannot do both; change start, duration or pause"
            )


def _check_horizon(observation: Observation) -> None:
    shares = np.linspace(0.0, 1.0, _LOOKS, endpoint=False)
    times = np.append(place(shares, observation.intervals), observation.stop_ns)
    alt, _ = observation.pointing.altaz(times, observation.site)
    if alt.min() <= 0:
        raise UserError(
            f"observation {observation.obs_id}: its pointing is at an altitude of "
            f"{alt.min():.1f} deg at {utc(times[np.argmin(alt)])[:19]} UTC, below the "
            "horizon: observe at another time"
        )
