"""Key columns, the same in every table."""

import pyarrow as pa

from cta_columnar.schemas.columns import column

OBS_ID = column(
    "obs_id", pa.int64(), "", "observation block; the run number", ucd="obs.id"
)
EVENT_ID = column(
    "event_id",
    pa.int64(),
    "",
    "array trigger, unique within obs_id; negative for calibration events",
)
TEL_ID = column("tel_id", pa.int16(), "", "telescope, unique in the array")

RUN_KEY = (OBS_ID,)
EVENT_KEY = (OBS_ID, EVENT_ID)
TEL_EVENT_KEY = (OBS_ID, EVENT_ID, TEL_ID)

TIME = (
    column("time", pa.timestamp("ns"), "", "trigger time, TAI", ucd="time.epoch"),
    column("time_qns", pa.uint8(), "0.25 ns", "quarter nanoseconds to add to time"),
)
EVENT_TYPE = column(
    "event_type",
    pa.uint8(),
    "",
    "0 flatfield, 1 single-pe, 2 pedestal, 3 dark pedestal, 5 sky pedestal, "
    "15 other calibration, 16 muon, 18 random mono, 32 subarray, 33 long event, "
    "255 unknown",
)

# Names of the event types whose events are kept apart from showers.
CALIBRATION_TYPES = {
    0: "flatfield",
    1: "single_pe",
    2: "pedestal",
    3: "dark_pedestal",
    5: "sky_pedestal",
    15: "other",
}
