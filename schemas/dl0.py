"""DL0: gain-selected waveforms as packed bytes, and what calibrates them.

``docs/dl0.md`` specifies the bytes.
"""

import pyarrow as pa

from cta_columnar.schemas.columns import column
from cta_columnar.schemas.keys import EVENT_TYPE, OBS_ID, TEL_EVENT_KEY, TEL_ID, TIME

# In the metadata of a packed column: the type of its samples, how many there are per
# waveform, and bytes of a row if nothing was packed or dropped.
DTYPE, SAMPLES, RAW_BYTES = b"dtype", b"samples", b"raw_bytes"

WAVEFORMS = pa.schema(
    [
        *TEL_EVENT_KEY,
        EVENT_TYPE,
        *TIME,
        column("calibration_index", pa.int32(), "", "row of the table coefficients"),
        column("pointing_alt", pa.float64(), "deg", "altitude of the telescope axis"),
        column("pointing_az", pa.float64(), "deg", "azimuth of the telescope axis"),
        column("n_trigger_pixels", pa.int32(), "", "triggered pixels; -1 if not stored"),
        column("true_image_sum", pa.int32(), "p.e.", "true photo-electrons; -1 unknown"),
        column("pixel_status", pa.binary(), "", "a byte per pixel: 1 its waveform is "
               "stored, 4 from the high gain, 8 from the low gain"),
        column("packed_waveform", pa.binary(), "", "raw counts of the stored waveforms, "
               "pixel by pixel; see docs/dl0.md"),
        column("packed_true_image", pa.binary(), "", "true photo-electrons per pixel, "
               "-1 unknown, packed alike"),
    ]
)  # fmt: skip

COEFFICIENTS = pa.schema(
    [
        OBS_ID,
        column("calibration_index", pa.int32(), "", "as the rows of waveforms name it"),
        TEL_ID,
        column("pedestal", pa.float32(), "adu", "baseline of one sample",
               axes=("channel", "pixel")),
        column("dc_to_pe", pa.float32(), "", "photo-electrons per raw count",
               axes=("channel", "pixel")),
        column("time_shift", pa.float32(), "ns", "to be taken off peak times",
               axes=("channel", "pixel")),
        column("outlier_mask", pa.bool_(), "", "the signal must not be used",
               axes=("channel", "pixel")),
    ]
)  # fmt: skip


def packed(
    schema: pa.Schema, name: str, dtype: str, shape: tuple[int, ...]
) -> pa.Schema:
    """Say how a packed column is to be unpacked.

    Parameters
    ----------
    schema : pyarrow.Schema
        Which has the column.
    name : str
        Its name.
    dtype : str
        Type of its values, ``"uint16"`` or ``"uint32"``.
    shape : tuple of int
        Of what a row holds at most; the last axis is that of the samples.
    """
    n_bytes = int(dtype.removeprefix("uint")) // 8
    for size in shape:
        n_bytes *= size
    index = schema.get_field_index(name)
    field = schema.field(index)
    facts = {DTYPE: dtype, SAMPLES: str(shape[-1]), RAW_BYTES: str(n_bytes)}
    return schema.set(index, field.with_metadata(field.metadata | facts))
