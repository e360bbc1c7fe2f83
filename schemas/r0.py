"""R0: what a source yields, one row per telescope event of one readout group."""

import pyarrow as pa

from cta_columnar.schemas.columns import column
from cta_columnar.schemas.keys import EVENT_TYPE, TEL_EVENT_KEY, TIME

TELESCOPE_EVENTS = pa.schema(
    [
        *TEL_EVENT_KEY,
        EVENT_TYPE,
        *TIME,
        column("tel_index", pa.int32(), "", "row of the telescope in the subarray"),
        column("calibration_index", pa.int32(), "", "row of the coefficient arrays"),
        column("pointing_alt", pa.float64(), "deg", "altitude of the telescope axis"),
        column("pointing_az", pa.float64(), "deg", "azimuth of the telescope axis"),
        column("n_trigger_pixels", pa.int32(), "", "triggered pixels; -1 if not stored"),
        column("true_image_sum", pa.int32(), "p.e.", "true photo-electrons; -1 unknown"),
        column("true_image", pa.int32(), "p.e.", "true photo-electrons per pixel; -1 in "
               "every pixel where the file has none", axes=("pixel",)),
        column("r0_waveform", pa.uint16(), "adu", "raw counts",
               axes=("channel", "pixel", "sample")),
    ]
)  # fmt: skip

# What a dataset of DL0 knows besides: the bits of `dl0.WAVEFORMS`.
STORED_PIXELS = pa.schema(
    [
        column("stored_pixels", pa.uint8(), "", "1 the waveform is there, 4 from the "
               "high gain, 8 from the low gain", axes=("pixel",)),
    ]
)  # fmt: skip
