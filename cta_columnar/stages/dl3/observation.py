"""What is known of an observation besides its events."""

from dataclasses import dataclass, field

import numpy as np

from cta_columnar.array_types import I8
from cta_columnar.gadf import HeaderValue
from cta_columnar.stages.dl3.intervals import ontime
from cta_columnar.stages.dl3.labels import Labels
from cta_columnar.stages.dl3.pointing import Pointing, pointing_keywords
from cta_columnar.stages.dl3.site import Site
from cta_columnar.stages.dl3.sky import orientation_accuracy
from cta_columnar.stages.dl3.times import iso_tt, time_reference, to_seconds


@dataclass(frozen=True)
class Target:
    """What was observed.

    Attributes
    ----------
    name : str
        One that catalogues know.
    ra, dec : float
        ICRS, deg.
    """

    name: str
    ra: float
    dec: float


@dataclass(frozen=True, eq=False)
class Observation:
    """One observation.

    Attributes
    ----------
    obs_id : int
        Its number.
    intervals : int64[k, 2]
        Good time from `good_intervals`, ns since 1970 (TAI).
    pointing : Tracking or Drift
        Where the array pointed.
    site : Site
        Where it stands.
    dead_fraction : float
        Share of the good time in which it was dead.
    tel_ids : tuple of int
        Telescopes that took part.
    target : Target, optional
        What was observed.
    labels : Labels
        Who observed.
    """

    obs_id: int
    intervals: I8
    pointing: Pointing
    site: Site
    dead_fraction: float = 0.0
    tel_ids: tuple[int, ...] = ()
    target: Target | None = None
    labels: Labels = field(default_factory=Labels)

    @property
    def start_ns(self) -> int:
        """Start of the first interval."""
        return int(self.intervals[0, 0])

    @property
    def stop_ns(self) -> int:
        """End of the last interval."""
        return int(self.intervals[-1, 1])

    @property
    def middle_ns(self) -> int:
        """Halfway from the start to the end."""
        return (self.start_ns + self.stop_ns) // 2

    @property
    def ontime(self) -> float:
        """Sum of the intervals, s."""
        return ontime(self.intervals)

    @property
    def livetime(self) -> float:
        """Sum of the intervals less dead time, s."""
        return self.ontime * (1.0 - self.dead_fraction)


def time_and_place(observation: Observation) -> dict[str, HeaderValue]:
    """Return the keywords of what times count from, and of where the array stands."""
    return {**time_reference(), **observation.site.keywords}


def event_keywords(observation: Observation) -> dict[str, HeaderValue]:
    """Return all keywords of the events of an observation.

    SKYERR is not of GADF: error of right ascension (arcsec) by what is known of the
    rotation of the Earth at that time, see `orientation_accuracy`.
    """
    start, stop = observation.start_ns, observation.stop_ns
    tstart, tstop, tmid = to_seconds(np.array([start, stop, observation.middle_ns]))
    labels, tel_ids, target = (
        observation.labels,
        observation.tel_ids,
        observation.target,
    )
    keywords: dict[str, HeaderValue] = {
        "OBS_ID": observation.obs_id,
        "TSTART": float(tstart),
        "TSTOP": float(tstop),
        "TMID": float(tmid),
        "TELAPSE": float(tstop - tstart),
        "ONTIME": observation.ontime,
        "LIVETIME": observation.livetime,
        "DEADC": 1.0 - observation.dead_fraction,
        **pointing_keywords(
            observation.pointing, observation.middle_ns, observation.site
        ),
        "EQUINOX": 2000.0,
        "RADECSYS": "ICRS",
        "FOVALIGN": "ALTAZ",
        "ORIGIN": labels.origin,
        "TELESCOP": labels.telescope,
        "INSTRUME": labels.instrument,
        "CREATOR": labels.creator,
        "DATE-OBS": iso_tt(start),
        "DATE-BEG": iso_tt(start),
        "DATE-AVG": iso_tt(observation.middle_ns),
        "DATE-END": iso_tt(stop),
        "SKYERR": orientation_accuracy(np.array([start, stop])),
        **time_and_place(observation),
    }
    if tel_ids:
        keywords["N_TELS"] = len(tel_ids)
        keywords["TELLIST"] = ",".join(map(str, sorted(tel_ids)))
    if target is not None:
        keywords |= {"OBJECT": target.name, "RA_OBJ": target.ra, "DEC_OBJ": target.dec}
    return keywords
