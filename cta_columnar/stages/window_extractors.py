"""Extractors that sum a window of each trace, and the scatter of traces."""

from typing import Annotated

import numpy as np

from cta_columnar.array_types import F4, I1, I4, Mask
from cta_columnar.errors import UserError
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.pulses import sliding_correction
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.extraction import neighbor_peaks
from cta_columnar.kernels.peaks import local_peaks, mean_trace_peaks
from cta_columnar.kernels.sliding_window import largest_window_sums
from cta_columnar.kernels.traces import subtract_baseline, variances
from cta_columnar.registry import Columns, Option
from cta_columnar.stages.extraction import (
    ApplyCorrection,
    LocalWeight,
    WindowShift,
    WindowWidth,
    broken_pixels,
    check_window,
    extractor,
    of_whole_camera,
    valid,
    windows_about,
)


@extractor("FullWaveformSum")
def full_waveform_sum(
    waveform: F4, selected_gain_channel: I1, camera: TelescopeType
) -> Columns:
    """Sum the whole trace."""
    peak_index = np.zeros(waveform.shape[:2], np.int32)
    window = waveform.shape[-1], 0, False
    found = windows_about(waveform, peak_index, selected_gain_channel, camera, *window)
    return valid(*found)


@extractor("FixedWindowSum")
def fixed_window_sum(
    waveform: F4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    *,
    peak_index: Annotated[
        int, Option(unit="sample", doc="where the pulse is expected", ge=0)
    ] = 0,
    window_width: WindowWidth = 7,
    window_shift: WindowShift = 0,
    apply_integration_correction: ApplyCorrection = True,
) -> Columns:
    """Sum the same window in all traces."""
    n_samples = waveform.shape[-1]
    check_window(camera, n_samples, window_width, window_shift, peak_index)
    peaks = np.full(waveform.shape[:2], peak_index, np.int32)
    window = window_width, window_shift, apply_integration_correction
    found = windows_about(waveform, peaks, selected_gain_channel, camera, *window)
    return valid(*found)


@extractor("GlobalPeakWindowSum")
def global_peak_window_sum(
    waveform: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
    *,
    window_width: WindowWidth = 7,
    window_shift: WindowShift = 3,
    apply_integration_correction: ApplyCorrection = True,
    pixel_fraction: Annotated[
        float,
        Option(doc="share of the pixels, the brightest ones, to average", gt=0, le=1),
    ] = 1.0,
) -> Columns:
    """Sum a window about the peak of the mean trace of the camera."""
    check_window(camera, waveform.shape[-1], window_width, window_shift)
    # ctapipe takes the brightest pixels of the high gain for both gains, where it keeps
    # both. Here each gain channel goes through on its own.
    broken = broken_pixels(coefficients, calibration_index, selected_gain_channel)
    n_brightest = max(int(pixel_fraction * waveform.shape[1]), 1)
    of_event = mean_trace_peaks(waveform, broken, n_brightest)
    peaks = of_whole_camera(of_event, waveform.shape[1])
    window = window_width, window_shift, apply_integration_correction
    found = windows_about(waveform, peaks, selected_gain_channel, camera, *window)
    return valid(*found)


@extractor("LocalPeakWindowSum")
def local_peak_window_sum(
    waveform: F4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    *,
    window_width: WindowWidth = 7,
    window_shift: WindowShift = 3,
    apply_integration_correction: ApplyCorrection = True,
) -> Columns:
    """Sum a window about the peak of the pixel's own trace."""
    check_window(camera, waveform.shape[-1], window_width, window_shift)
    peaks = local_peaks(waveform)
    window = window_width, window_shift, apply_integration_correction
    found = windows_about(waveform, peaks, selected_gain_channel, camera, *window)
    return valid(*found)


@extractor("SlidingWindowMaxSum")
def sliding_window_max_sum(
    waveform: F4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    *,
    window_width: WindowWidth = 7,
    apply_integration_correction: ApplyCorrection = True,
) -> Columns:
    """Sum the window of the pixel's own trace that holds most."""
    readout = camera.readout
    correction = np.ones(readout.n_channels)
    if apply_integration_correction:
        correction = sliding_correction(readout, window_width)
    found = largest_window_sums(
        waveform, selected_gain_channel, correction, window_width, readout.sampling_rate
    )
    return valid(*found)


@extractor("NeighborPeakWindowSum")
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
    check_window(camera, waveform.shape[-1], window_width, window_shift)
    broken = broken_pixels(coefficients, calibration_index, selected_gain_channel)
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    peaks = neighbor_peaks(waveform, broken, *neighbors, local_weight)
    window = window_width, window_shift, apply_integration_correction
    found = windows_about(waveform, peaks, selected_gain_channel, camera, *window)
    return valid(*found)


@extractor("BaselineSubtractedNeighborPeakWindowSum")
def baseline_subtracted_neighbor_peak_window_sum(
    waveform: F4,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
    *,
    baseline_start: Annotated[
        int, Option(unit="sample", doc="first sample of the baseline", ge=0)
    ] = 0,
    baseline_end: Annotated[
        int, Option(unit="sample", doc="first sample after the baseline", ge=1)
    ] = 10,
    window_width: WindowWidth = 7,
    window_shift: WindowShift = 3,
    local_weight: LocalWeight = 0,
    apply_integration_correction: ApplyCorrection = True,
) -> Columns:
    """As NeighborPeakWindowSum, after taking off each trace its own baseline."""
    n_samples = waveform.shape[-1]
    if not baseline_start < min(baseline_end, n_samples):
        raise UserError(
            f"BaselineSubtractedNeighborPeakWindowSum: there is no baseline in samples "
            f"{baseline_start} to {baseline_end} of the {n_samples} of "
            f"{camera.name}; change baseline_start, baseline_end"
        )
    return neighbor_peak_window_sum(
        subtract_baseline(waveform, baseline_start, baseline_end),
        selected_gain_channel,
        calibration_index,
        camera,
        coefficients,
        window_width=window_width,
        window_shift=window_shift,
        local_weight=local_weight,
        apply_integration_correction=apply_integration_correction,
    )


@extractor("VarianceExtractor")
def variance_extractor(waveform: F4) -> Columns:
    """Scatter of the samples instead of a charge (p.e.2), and no time (NaN)."""
    image = variances(waveform)
    no_time = np.full_like(image, np.nan)
    is_valid: Mask = np.logical_or.reduce(np.isfinite(image), axis=1)
    return {"image": image, "peak_time": no_time, "is_valid": is_valid}
