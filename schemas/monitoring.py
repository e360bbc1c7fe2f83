"""What calibration events tell of cameras, and the coefficients that follow."""

import pyarrow as pa

from cta_columnar.schemas.columns import column, merge
from cta_columnar.schemas.keys import OBS_ID, TEL_ID

_AXES = ("channel", "pixel")
_TIME = pa.timestamp("ns")


def _per_pixel(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float32(), unit, description, axes=_AXES)


def _mask(name: str, description: str) -> pa.Field:
    return column(name, pa.bool_(), "", description, axes=_AXES)


CAMERA_CALIBRATION = pa.schema(
    [
        OBS_ID,
        TEL_ID,
        column("time", _TIME, "", "from then on the coefficients are valid, TAI"),
        column("is_valid", pa.bool_(), "", "few enough pixels are outliers"),
        _per_pixel("pedestal_offset", "p.e.", "to be taken off every sample; 0 of "
                   "outliers"),
        _per_pixel("factor", "", "charges are multiplied by it; 1 of outliers"),
        _per_pixel("time_shift", "ns", "to be taken off peak times; 0 of outliers"),
        _mask("outlier_mask", "pixels whose signal must not be used"),
        _per_pixel("pedestal_std", "p.e.", "standard deviation of pedestal charges; NaN "
                   "where unknown, and of outliers"),
    ]
)  # fmt: skip

CHUNK = pa.schema(
    [
        OBS_ID,
        TEL_ID,
        column("time_start", _TIME, "", "time of the first event, TAI"),
        column("time_end", _TIME, "", "time of the last event, TAI"),
        column("event_id_start", pa.int64(), "", "the first event"),
        column("event_id_end", pa.int64(), "", "the last event"),
        column("is_valid", pa.bool_(), "", "few enough pixels are outliers"),
        _mask("outlier_mask", "pixels that a detector found"),
    ]
)


def statistics(unit: str, prefix: str = "") -> pa.Schema:
    """Return the columns that say how a quantity of pixels is distributed.

    They are those of all pixels, as measured: outliers are found by them.
    """
    return pa.schema(
        [
            column(f"{prefix}n_events", pa.int32(), "", "events that count, of a pixel",
                   axes=_AXES),
            _per_pixel(f"{prefix}mean", unit, "mean over events; as measured, of "
                       "outliers too"),
            _per_pixel(f"{prefix}median", unit, "median over events, likewise"),
            _per_pixel(f"{prefix}std", unit, "population standard deviation, likewise"),
        ]
    )  # fmt: skip


PIXEL_STATISTICS = statistics("")
PEDESTAL_STATISTICS = merge(CHUNK, statistics("p.e.", "charge_"))
FLATFIELD_STATISTICS = merge(PEDESTAL_STATISTICS, statistics("ns", "pulse_time_"))
