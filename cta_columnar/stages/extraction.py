"""R1 to DL1: charge and time of each pixel, and what sets them right afterwards."""

from typing import Annotated

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, I1, I4
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.pulses import integration_correction
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.extraction import neighbor_peaks
from cta_columnar.kernels.gain_selection import of_selected_channel
from cta_columnar.kernels.invalid_pixels import neighbor_average
from cta_columnar.kernels.windows import window_sums
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

PEAK_TIME = pa.schema([dl1.IMAGES.field("peak_time")])
CHARGE = pa.schema([dl1.IMAGES.field("image"), *PEAK_TIME])
EXTRACTED = pa.schema([*CHARGE, dl1.TEL_EVENT.field("is_valid")])

WindowWidth = Annotated[int, Option(unit="sample", doc="length of the window", ge=1)]
WindowShift = Annotated[
    int, Option(unit="sample", doc="samples before the peak at which it starts")
]
LocalWeight = Annotated[
    int, Option(doc="weight of the pixel itself, a neighbour has 1", ge=0)
]
ApplyCorrection = Annotated[
    bool, Option(doc="scale up by the share of the pulse outside the window")
]


@register("extractor", "NeighborPeakWindowSum", writes=EXTRACTED)
def neighbor_peak_window_sum(
    waveform: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
    *,
    window_width: WindowWidth = 7,
    window_shift: WindowShift = 3,
    local_weight: LocalWeight = 0,
    apply_integration_correction: ApplyCorrection = True,
) -> Columns:
    """Sum a window about the peak of the neighbours' summed traces."""
    if waveform.shape[-1] == 1:
        return _single_sample(waveform)
    broken = of_selected_channel(
        coefficients.outlier_mask, calibration_index, selected_gain_channel
    )
    peak_index = neighbor_peaks(
        waveform,
        broken,
        camera.neighbor_indptr,
        camera.neighbor_indices,
        local_weight,
    )
    correction = np.ones(camera.readout.n_channels)
    if apply_integration_correction:
        correction = integration_correction(camera.readout, window_width, window_shift)
    image, peak_time = window_sums(
        waveform,
        peak_index,
        selected_gain_channel,
        correction,
        window_width,
        window_shift,
        camera.readout.sampling_rate,
    )
    return {
        "image": image,
        "peak_time": peak_time,
        "is_valid": np.ones(len(image), np.bool_),
    }


def _single_sample(waveform: F4) -> Columns:
    """Cameras that deliver sums: the sum is the charge, and there is no time."""
    image = np.ascontiguousarray(waveform[..., 0])
    return {
        "image": image,
        "peak_time": np.zeros_like(image),
        "is_valid": np.ones(len(image), np.bool_),
    }


@register("time_shift", "PeakTimeShift", writes=PEAK_TIME)
def peak_time_shift(
    waveform: F4,
    peak_time: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    coefficients: Coefficients,
) -> Columns:
    """Take the time shift of each pixel off its peak time."""
    if waveform.shape[-1] == 1:
        return {"peak_time": peak_time}
    shift = of_selected_channel(
        coefficients.time_shift, calibration_index, selected_gain_channel
    )
    return {"peak_time": peak_time - shift}


@register("invalid_pixel_handler", "NeighborAverage", writes=CHARGE)
def neighbor_average_handler(
    image: F4,
    peak_time: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
) -> Columns:
    """Give pixels that must not be used the mean of their neighbours."""
    # The mask is that of the gain each pixel is read from. ctapipe looks up the high
    # gain for all of them.
    broken = of_selected_channel(
        coefficients.outlier_mask, calibration_index, selected_gain_channel
    )
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    return {
        "image": neighbor_average(image, broken, *neighbors),
        "peak_time": neighbor_average(peak_time, broken, *neighbors),
    }
