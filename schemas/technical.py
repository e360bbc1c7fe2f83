"""Beside event lists: rates and conditions of observations, interval by interval."""

import pyarrow as pa

from cta_columnar.schemas.columns import column, merge
from cta_columnar.schemas.keys import OBS_ID, TEL_ID

_TIME = pa.timestamp("ns")


def _f8(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float64(), unit, description)


WEATHER = pa.schema(
    [
        _f8("transparency", "", "of the atmosphere, 1 if clear; NaN if not given"),
        _f8("temperature", "deg_C", "of the air; NaN if not given"),
        _f8("pressure", "hPa", "of the air; NaN if not given"),
        _f8("humidity", "%", "relative, of the air; NaN if not given"),
        _f8("wind_speed", "m/s", "NaN if not given"),
    ]
)

INTERVAL = pa.schema(
    [
        OBS_ID,
        column("time_start", _TIME, "", "start of the interval, TAI"),
        column("time_stop", _TIME, "", "its end"),
    ]
)

RATES = pa.schema(
    [
        _f8("ontime", "s", "good time in the interval"),
        _f8("live_time", "s", "the same less dead time"),
        _f8("dead_time", "s", "of the good time"),
        _f8("n_triggers", "", "in the good time; of simulations those that are "
            "expected"),
        _f8("trigger_rate", "1/s", "of these, per live time; NaN without any"),
        column("n_events", pa.int64(), "", "in the event list"),
        column("n_cosmic_rays", pa.int64(), "", "of these, the ones away from sources"),
        _f8("cosmic_ray_rate", "1/s", "of these, per live time; NaN without any"),
        _f8("cosmic_ray_rate_uncert", "1/s", "its error"),
    ]
)  # fmt: skip

INTERVALS = merge(INTERVAL, RATES, WEATHER)

TELESCOPES = merge(
    INTERVAL,
    pa.schema(
        [
            TEL_ID,
            _f8("pedestal_mean", "p.e.", "charge of pedestal events, median of all "
                "pixels; NaN if not known"),
            _f8("pedestal_std", "p.e.", "its scatter, median of all pixels; likewise"),
            column("n_muons", pa.int64(), "", "rings whose light was fitted"),
            _f8("light_throughput", "", "photo-electrons per Cherenkov photon on the "
                "mirror, mean of these rings; NaN without any"),
            _f8("light_throughput_uncert", "", "its error; NaN for less than two"),
        ]
    ),
)  # fmt: skip

OBSERVED = pa.schema(
    [
        OBS_ID,
        column("sample", pa.string(), "", "particle"),
        _f8("n_expected", "", "events by the spectrum, after cuts"),
        column("n_drawn", pa.int64(), "", "events in the list"),
        _f8("n_lost", "", "of those expected, the ones that simulated events are too "
            "few for"),
    ]
)  # fmt: skip

OBSERVATIONS = pa.schema(
    [
        OBS_ID,
        column("why_not", pa.string(), "", "reason to leave it out; empty if it has an "
            "event list"),
        column("n_events", pa.int64(), "", "in its list"),
        _f8("zenith_min", "deg", "smallest zenith angle of the pointing in good time; "
            "NaN of what is left out, as below"),
        _f8("zenith_mean", "deg", "zenith angle of the mean direction"),
        _f8("zenith_max", "deg", "largest one"),
        _f8("azimuth_mean", "deg", "azimuth of the mean direction"),
        _f8("response_zenith", "deg", "zenith angle of its responses"),
        _f8("response_azimuth", "deg", "their azimuth"),
        column("response", pa.string(), "", "of which points of the grid they are"),
    ]
)  # fmt: skip

TABLES = {
    "observations": OBSERVATIONS,
    "technical/intervals": INTERVALS,
    "technical/telescopes": TELESCOPES,
    "observed": OBSERVED,
}
