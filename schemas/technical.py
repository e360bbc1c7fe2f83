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
        _f8("trigger_rate", "1/s", "triggers per good time; of simulations those that "
            "are expected, recorded ones only"),
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

TABLES = {
    "technical/intervals": INTERVALS,
    "technical/telescopes": TELESCOPES,
    "observed": OBSERVED,
}
