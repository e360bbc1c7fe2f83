"""R1: calibrated samples. They live inside stage 1 and are not stored."""

import pyarrow as pa

from cta_columnar.schemas.columns import column

WAVEFORMS = pa.schema(
    [
        column("waveform", pa.float32(), "p.e.", "calibrated samples of the selected gain",
               axes=("pixel", "sample")),
    ]
)  # fmt: skip
