"""The extractor for cameras whose pulses decay exponentially."""

from typing import Annotated

from cta_columnar.array_types import F4, I1, I4
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.deconvolution import deconvolution
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.deconvolution import deconvolved_pulses
from cta_columnar.registry import Columns, Option
from cta_columnar.stages.extraction import (
    LocalWeight,
    broken_pixels,
    check_window,
    extractor,
    valid,
)

Upsampling = Annotated[int, Option(doc="resampled values per sample", ge=1, le=64)]
ResampledWidth = Annotated[
    int, Option(unit="resampled value", doc="length of the window", ge=1)
]
ResampledShift = Annotated[
    int,
    Option(unit="resampled value", doc="values before the peak at which it starts"),
]
LightDuration = Annotated[
    float,
    Option(
        unit="ns",
        doc="duration of the light that the gain is computed for, standard deviation",
        ge=0,
    ),
]
NeighbourClipping = Annotated[
    float,
    Option(
        unit="p.e.",
        doc="a neighbour of this value counts half of a very bright one; 0: all "
        "count as they are",
        ge=0,
    ),
]
LeadingEdge = Annotated[
    bool, Option(doc="take the time of the rise of the pulse, not of its peak")
]
DescendLimit = Annotated[
    float,
    Option(doc="share of its largest value down to which the rise counts", ge=0, le=1),
]


@extractor("FlashCamExtractor")
def flashcam_extractor(
    waveform: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
    *,
    upsampling: Upsampling = 4,
    window_width: ResampledWidth = 7,
    window_shift: ResampledShift = 3,
    local_weight: LocalWeight = 0,
    effective_time_profile_std: LightDuration = 2.0,
    neighbour_sum_clipping: NeighbourClipping = 5.0,
    leading_edge_timing: LeadingEdge = True,
    leading_edge_rel_descend_limit: DescendLimit = 0.05,
) -> Columns:
    """Sum a window of the deconvolved trace, about the peak of the neighbours'."""
    n_values = waveform.shape[-1] * upsampling
    check_window(camera, n_values, window_width, window_shift)
    found = deconvolution(
        camera.readout,
        upsampling,
        window_width,
        window_shift,
        effective_time_profile_std,
        leading_edge_timing,
        leading_edge_rel_descend_limit,
    )
    broken = broken_pixels(coefficients, calibration_index, selected_gain_channel)
    charge, time = deconvolved_pulses(
        waveform,
        broken,
        camera.neighbor_indptr,
        camera.neighbor_indices,
        found.pole_zero,
        upsampling,
        neighbour_sum_clipping,
        local_weight,
        window_width,
        window_shift,
        found.edge_offset,
        leading_edge_rel_descend_limit,
    )
    charge /= found.gain
    time /= camera.readout.sampling_rate * upsampling
    time -= found.time_shift
    return valid(charge, time)
