"""R1: pixels whose pulses come later than others are moved before the extraction."""

from typing import Annotated

import pyarrow as pa

from cta_columnar.array_types import F4, I1, I4
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.gain_selection import of_selected_channel
from cta_columnar.kernels.time_shift import shift_waveforms
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1, r1
from cta_columnar.schemas.columns import column, merge

REMAINING = pa.schema(
    [
        column("remaining_time_shift", pa.float32(), "ns",
               "to be taken off the peak time", axes=("pixel",)),
    ]
)  # fmt: skip
PEAK_TIME = pa.schema([dl1.IMAGES.field("peak_time")])


@register(
    "waveform_time_shift",
    "WaveformTimeShift",
    writes=merge(r1.WAVEFORMS, REMAINING),
)
def waveform_time_shift(
    waveform: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
    *,
    apply: Annotated[
        bool, Option(doc="false: the whole shift is left for the peak time")
    ] = True,
) -> Columns:
    """Move samples by the whole samples that a pixel is later than the others."""
    shift = of_selected_channel(
        coefficients.time_shift, calibration_index, selected_gain_channel
    )
    if waveform.shape[-1] == 1:
        # Cameras that deliver sums have no time that could be shifted.
        shift[:] = 0.0
    elif apply:
        waveform, shift = shift_waveforms(waveform, shift, camera.readout.sampling_rate)
    return {"waveform": waveform, "remaining_time_shift": shift}


@register("time_shift", "RemainingPeakTimeShift", writes=PEAK_TIME)
def remaining_peak_time_shift(peak_time: F4, remaining_time_shift: F4) -> Columns:
    """Take what WaveformTimeShift left of the time shift off the peak times."""
    return {"peak_time": peak_time - remaining_time_shift}
