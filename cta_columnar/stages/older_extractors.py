"""The extractors of ctapipe 0.4 to 0.6, under their names of then.

They move a window into the trace where it would end outside (the ones of today cut it),
report the sample of the peak instead of a time from the samples about it, and may leave
small samples out of the search for the peak.

Written from cta-observatory/ctapipe, calib/camera/charge_extractors.py of 2017. That
code, with both gains at hand, took the peak of the high gain where the low gain had no
significant sample. Here each pixel comes with one gain, and without a significant
sample the peak is the first one.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np

from cta_columnar.array_types import F4, I1, I4, Mask
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.extraction import neighbor_peaks
from cta_columnar.kernels.peaks import (
    local_peaks,
    mean_trace_peaks,
    weighted_mean_peaks,
)
from cta_columnar.kernels.traces import significant_samples
from cta_columnar.registry import Columns, Option
from cta_columnar.stages.extraction import (
    ApplyCorrection,
    WindowShift,
    WindowWidth,
    broken_pixels,
    check_window,
    extractor,
    of_whole_camera,
    valid,
    windows_about,
)

Cut = Annotated[
    float | None,
    Option(
        unit="p.e.",
        doc="samples of this gain that do not exceed it make no peak; null: all do",
        ge=0,
    ),
]
ClipAmplitude = Annotated[
    float | None, Option(unit="p.e.", doc="largest charge; null: any", gt=0)
]
WindowPolicy = Annotated[
    Literal["shift", "clip"],
    Option(doc="what becomes of a window that reaches beyond the trace"),
]


def _summed(
    waveform: F4,
    peaks: I4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    window: tuple[int, int, str],
    correct: bool,
    clip_amplitude: float | None,
    peak: int | None = None,
) -> Columns:
    """Sum a window (width, shift, policy) about each peak; the time is the peak.

    If all peaks are where the configuration says, that is ``peak``.
    """
    width, shift, policy = window
    first, n_samples = peaks - shift, waveform.shape[-1]
    if policy == "shift":
        first = np.clip(first, 0, max(n_samples - width, 0)).astype(np.int32)
    else:
        check_window(camera, n_samples, width, shift, peak)
    # The correction is that of the window as asked for.
    about = first + np.int32(shift)
    image, _ = windows_about(
        waveform, about, selected_gain_channel, camera, width, shift, correct
    )
    if clip_amplitude is not None:
        np.minimum(image, np.float32(clip_amplitude), out=image)
    time = (peaks / camera.readout.sampling_rate).astype(np.float32)
    return valid(image, time)


def _significant(
    waveform: F4,
    selected_gain_channel: I1,
    high: float | None,
    low: float | None,
) -> F4:
    """Set samples up to the cut of their gain to 0. Either cut acts alone.

    In the code of old a cut of the low gain did nothing without one of the high gain.
    """
    if high is None and low is None:
        return waveform
    cuts = [-np.inf if cut is None else cut for cut in (high, low)]
    return significant_samples(waveform, selected_gain_channel, np.array(cuts))


@extractor("FullIntegrator")
def full_integrator(
    waveform: F4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    *,
    clip_amplitude: ClipAmplitude = None,
) -> Columns:
    """Sum the whole trace (ctapipe 0.4 to 0.6)."""
    peaks = np.zeros(waveform.shape[:2], np.int32)
    window = waveform.shape[-1], 0, "clip"
    return _summed(
        waveform, peaks, selected_gain_channel, camera, window, False, clip_amplitude
    )


@extractor("SimpleIntegrator")
def simple_integrator(
    waveform: F4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    *,
    t0: Annotated[
        int, Option(unit="sample", doc="where the pulse is expected", ge=0)
    ] = 0,
    window_width: WindowWidth = 7,
    window_shift: WindowShift = 3,
    window_policy: WindowPolicy = "shift",
    apply_integration_correction: ApplyCorrection = True,
    clip_amplitude: ClipAmplitude = None,
) -> Columns:
    """Sum the same window in all traces (ctapipe 0.4 to 0.6)."""
    return _summed(
        waveform,
        np.full(waveform.shape[:2], t0, np.int32),
        selected_gain_channel,
        camera,
        (window_width, window_shift, window_policy),
        apply_integration_correction,
        clip_amplitude,
        t0,
    )


def _about_peaks(name: str) -> Callable[[Callable[..., I4]], object]:
    """Register the extractor that sums a window about the peaks that a function finds.

    The function takes the traces[e, p, s], without samples that are not significant,
    the broken pixels[e, p], the camera, and options of its own by keyword; its
    docstring describes the extractor.
    """

    def decorate(peaks_of: Callable[..., I4]) -> object:
        def run(
            waveform: F4,
            selected_gain_channel: I1,
            calibration_index: I4,
            camera: TelescopeType,
            coefficients: Coefficients,
            *,
            window_width: WindowWidth = 7,
            window_shift: WindowShift = 3,
            window_policy: WindowPolicy = "shift",
            sig_amp_cut_HG: Cut = None,  # noqa: N803
            sig_amp_cut_LG: Cut = None,  # noqa: N803
            apply_integration_correction: ApplyCorrection = True,
            clip_amplitude: ClipAmplitude = None,
            **own: object,
        ) -> Columns:
            broken = broken_pixels(
                coefficients, calibration_index, selected_gain_channel
            )
            cuts = sig_amp_cut_HG, sig_amp_cut_LG
            traces = _significant(waveform, selected_gain_channel, *cuts)
            return _summed(
                waveform,
                peaks_of(traces, broken, camera, **own),
                selected_gain_channel,
                camera,
                (window_width, window_shift, window_policy),
                apply_integration_correction,
                clip_amplitude,
            )

        run.__doc__ = peaks_of.__doc__
        return extractor(name)(_with_options(run, peaks_of))

    return decorate


def _with_options(
    run: Callable[..., Columns], peaks_of: Callable[..., I4]
) -> Callable[..., Columns]:
    """Put the options of a function in front of those of its extractor.

    The signature is where `register` reads them.
    """
    theirs = inspect.signature(peaks_of).parameters.values()
    own = [each for each in theirs if each.kind is each.KEYWORD_ONLY]
    plain = inspect.signature(run)
    shared = [p for p in plain.parameters.values() if p.kind is not p.VAR_KEYWORD]
    n_inputs = sum(each.kind is not each.KEYWORD_ONLY for each in shared)
    together = [*shared[:n_inputs], *own, *shared[n_inputs:]]
    run.__signature__ = plain.replace(parameters=together)  # type: ignore[attr-defined]
    return run


@_about_peaks("GlobalPeakIntegrator")
def global_peaks(traces: F4, broken: Mask, _camera: TelescopeType) -> I4:
    """Sum a window about the mean peak, weighted by height (ctapipe 0.4 to 0.6)."""
    of_event = weighted_mean_peaks(traces, local_peaks(traces), broken)
    return of_whole_camera(of_event, traces.shape[1])


@_about_peaks("AverageWfPeakIntegrator")
def average_wf_peaks(traces: F4, broken: Mask, _camera: TelescopeType) -> I4:
    """Sum a window about the peak of the mean trace (ctapipe 0.4 to 0.6)."""
    of_event = mean_trace_peaks(traces, broken, traces.shape[1])
    return of_whole_camera(of_event, traces.shape[1])


@_about_peaks("LocalPeakIntegrator")
def peaks_of_pixels(traces: F4, _broken: Mask, _camera: TelescopeType) -> I4:
    """Sum a window about the peak of the pixel's own trace (ctapipe 0.4 to 0.6)."""
    return local_peaks(traces)


@_about_peaks("NeighbourPeakIntegrator")
def peaks_of_neighbours(
    traces: F4,
    broken: Mask,
    camera: TelescopeType,
    *,
    lwt: Annotated[
        int, Option(doc="weight of the pixel itself, a neighbour has 1", ge=0)
    ] = 0,
) -> I4:
    """Sum a window about the peak of the neighbours' traces (ctapipe 0.4 to 0.6)."""
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    return neighbor_peaks(traces, broken, *neighbors, lwt)
