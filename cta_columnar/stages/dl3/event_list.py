"""Events, good time and pointing of an observation as tables of GADF."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.gadf import Hdu, make_hdu
from cta_columnar.stages.dl3 import field_of_view
from cta_columnar.stages.dl3.intervals import inside
from cta_columnar.stages.dl3.observation import (
    Observation,
    event_keywords,
    time_and_place,
)
from cta_columnar.stages.dl3.sky import altaz_to_icrs
from cta_columnar.stages.dl3.times import as_ns, time_reference, to_seconds

# Names of our columns: those that must be there, and those that may be.
WANTED = ("event_id", "time", "reco_alt", "reco_az", "reco_energy")
OPTIONAL = {
    "multiplicity": ("MULTIP", np.int32),
    "gh_score": ("GAMMANESS", np.float64),
    "direction_error": ("DIR_ERR", np.float64),
    "reco_energy_uncert": ("ENERGY_ERR", np.float64),
    # Of simulated events, to find them again; not of GADF.
    "simulated_obs_id": ("SIM_OBS", np.int64),
    "simulated_event_id": ("SIM_ID", np.int64),
    "simulated_sample": ("SIM_SAMP", np.int16),
    "true_energy": ("SIM_ENER", np.float64),
}
_UNITS = {"SIM_ENER": "TeV"}
_STEP_S = 60.0


def events_of(events: Mapping[str, AnyArray], observation: Observation) -> Mask:
    """Tell which events belong into the list of an observation: bool[n].

    Parameters
    ----------
    events : mapping of str to array[n]
        Columns of `WANTED`; ``time`` TAI, int64 in ns since 1970 or datetime64, angles
        in deg, energies in TeV.
    observation : Observation
        Its good time counts.

    Raises
    ------
    UserError
        If a column is missing, or an altitude is beyond 90 deg.
    """
    missing = [name for name in WANTED if name not in events]
    if missing:
        raise UserError(
            f"events have no column {missing[0]!r}: event lists are made of events "
            "with energies, of stage 3"
        )
    beyond = np.abs(events["reco_alt"]) > 90.0
    if beyond.any():
        raise UserError(
            f"observation {observation.obs_id}: reco_alt of {np.count_nonzero(beyond)} "
            f"of {beyond.size} events is beyond 90 deg, of event "
            f"{events['event_id'][beyond][0]} {events['reco_alt'][beyond][0]:g}: "
            "altitudes are from -90 to 90 deg; mend what made them"
        )
    mask: Mask = inside(as_ns(events["time"]), observation.intervals)
    for name in ("reco_alt", "reco_az", "reco_energy"):
        mask = mask & np.isfinite(events[name])
    return mask


def event_hdu(events: Mapping[str, AnyArray], observation: Observation) -> Hdu:
    """Make the event list of an observation.

    Parameters
    ----------
    events : mapping of str to array[n]
        As for `events_of`, whose mask was applied. Of `OPTIONAL` those that are there
        are written; ``event_class`` (int8) k sets bit k of EVENT_TYPE, -1 none. In any
        order: the list is in that of time, then of event_id.
    observation : Observation
        What the events are from.

    Returns
    -------
    hdu : Hdu
        DETX, DETY and PHI are aligned with altitude and azimuth.
    """
    order = np.lexsort((events["event_id"], events["time"]))
    row = {name: values[order] for name, values in events.items()}
    time_ns, alt, az = as_ns(row["time"]), row["reco_alt"], row["reco_az"]
    ra, dec = altaz_to_icrs(time_ns, alt, az, observation.site)
    alt0, az0 = observation.pointing.altaz(time_ns, observation.site)
    lon, lat = field_of_view.to_lon_lat(alt, az, alt0, az0)
    theta, phi = field_of_view.to_polar(alt, az, alt0, az0)
    columns: dict[str, AnyArray] = {
        "EVENT_ID": row["event_id"],
        "TIME": to_seconds(time_ns),
        "RA": ra,
        "DEC": dec,
        "ENERGY": row["reco_energy"].astype(np.float64),
        "ALT": _floats(alt),
        "AZ": _floats(az) % 360.0,
        "DETX": lon,
        "DETY": lat,
        "THETA": theta,
        "PHI": phi,
    }
    if "event_class" in row:
        columns["EVENT_TYPE"] = row["event_class"][:, None] == np.arange(32)
    for name, (ours, dtype) in OPTIONAL.items():
        if name in row:
            columns[ours] = row[name].astype(dtype)
    units = {name: unit for name, unit in _UNITS.items() if name in columns}
    return make_hdu("events", columns, event_keywords(observation), units=units)


def gti_hdu(observation: Observation) -> Hdu:
    """Make the table of good time intervals of an observation."""
    start, stop = to_seconds(observation.intervals).T
    return make_hdu("gti", {"START": start, "STOP": stop}, time_reference())


def pointing_hdu(observation: Observation, step_s: float = _STEP_S) -> Hdu:
    """Make the table of where the array pointed.

    Parameters
    ----------
    observation : Observation
        What pointed where.
    step_s : float
        A row for each such step, and one at the end, s.
    """
    step = max(int(step_s * 1e9), 1)
    times = np.arange(observation.start_ns, observation.stop_ns, step, dtype=np.int64)
    time_ns = np.append(times, observation.stop_ns)
    ra, dec = observation.pointing.icrs(time_ns, observation.site)
    alt, az = observation.pointing.altaz(time_ns, observation.site)
    columns = {
        "TIME": to_seconds(time_ns),
        "RA_PNT": ra,
        "DEC_PNT": dec,
        "ALT_PNT": alt,
        "AZ_PNT": az,
    }
    return make_hdu("pointing", columns, time_and_place(observation))


def _floats(values: AnyArray) -> F8:
    return np.asarray(values, np.float64)
