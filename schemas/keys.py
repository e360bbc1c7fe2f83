"""Key columns, the same in every table."""

import pyarrow as pa

from cta_columnar.schemas.columns import column
from cta_columnar.schemas.event_types import EventType

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
EVENT_NAMES = tuple(field.name for field in EVENT_KEY)
TEL_EVENT_NAMES = tuple(field.name for field in TEL_EVENT_KEY)

TIME = (
    column("time", pa.timestamp("ns"), "", "trigger time, TAI", ucd="time.epoch"),
    column("time_qns", pa.uint8(), "0.25 ns", "quarter nanoseconds to add to time"),
)
EVENT_TYPE = column(
    "event_type",
    pa.uint8(),
    "",
    ", ".join(
        f"{each.value} {each.name.lower().replace('_', ' ')}" for each in EventType
    ),
)
