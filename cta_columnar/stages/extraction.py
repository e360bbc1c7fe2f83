"""R1 to DL1: charge and time of each pixel, and what sets them right afterwards.

This is what all extractors share; they are in the modules beside it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Concatenate, ParamSpec

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, F8, I1, I4, Mask
from cta_columnar.errors import UserError
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.pulses import integration_correction
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.gain_selection import of_selected_channel
from cta_columnar.kernels.invalid_pixels import neighbor_average
from cta_columnar.kernels.windows import window_sums
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

PEAK_TIME = pa.schema([dl1.IMAGES.field("peak_time")])
CHARGE = pa.schema([dl1.IMAGES.field("image"), *PEAK_TIME])
EXTRACTED = pa.schema([*CHARGE, dl1.TEL_EVENT.field("is_valid")])

P = ParamSpec("P")

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


def extractor(
    name: str,
) -> Callable[[Callable[Concatenate[F4, P], Columns]], Callable[..., Columns]]:
    """Register an extractor, which reads ``waveform`` first.

    Data of one sample never get there: cameras that deliver sums have nothing to
    extract. The sum is the charge, and the time is 0.
    """

    def decorate(
        func: Callable[Concatenate[F4, P], Columns],
    ) -> Callable[..., Columns]:
        @wraps(func)
        def run(waveform: F4, *inputs: P.args, **options: P.kwargs) -> Columns:
            if waveform.shape[-1] == 1:
                image = np.ascontiguousarray(waveform[..., 0])
                return valid(image, np.zeros_like(image))
            return func(waveform, *inputs, **options)

        return register("extractor", name, writes=EXTRACTED)(run)

    return decorate


def valid(image: F4, peak_time: F4) -> Columns:
    """Return the columns of an extraction that cannot fail."""
    is_valid = np.ones(len(image), np.bool_)
    return {"image": image, "peak_time": peak_time, "is_valid": is_valid}


def broken_pixels(
    coefficients: Coefficients, calibration_index: I4, selected_gain_channel: I1
) -> Mask:
    """Tell pixels that are broken in the gain channel they are read from."""
    return of_selected_channel(
        coefficients.outlier_mask, calibration_index, selected_gain_channel
    )


def of_whole_camera(of_event: I4, n_pixels: int) -> I4:
    """Give all pixels the number of their event."""
    return np.repeat(of_event, n_pixels).reshape(-1, n_pixels)


def check_window(
    camera: TelescopeType,
    n_samples: int,
    width: int,
    shift: int,
    peak: int | None = None,
) -> None:
    """Check that a window holds samples, wherever the peak is.

    Parameters
    ----------
    camera : TelescopeType
        For the message.
    n_samples : int
        Of a trace.
    width, shift : int
        Of the window, and how far before the peak it begins.
    peak : int, optional
        Where the peak is; None: anywhere in the trace.

    Raises
    ------
    UserError
        If it lies outside of any trace: charges would be 0.
    """
    first, last = (0, n_samples - 1) if peak is None else (peak, peak)
    if first - shift < n_samples and last - shift + width > 0:
        return
    about = "any peak" if peak is None else f"sample {peak}"
    raise UserError(
        f"extractor: window_width={width}, window_shift={shift} about {about} lies "
        f"outside of the {n_samples} samples of {camera.name}"
    )


def windows_about(
    waveform: F4,
    peak_index: I4,
    selected_gain_channel: I1,
    camera: TelescopeType,
    width: int,
    shift: int,
    apply_integration_correction: bool,
) -> tuple[F4, F4]:
    """Sum a window about each peak, and make up for what it misses of the pulse."""
    readout = camera.readout
    return window_sums(
        waveform,
        peak_index,
        selected_gain_channel,
        correction_of(camera, width, shift, apply_integration_correction),
        width,
        shift,
        readout.sampling_rate,
    )


def correction_of(camera: TelescopeType, width: int, shift: int, apply: bool) -> F8:
    """Factor on the charge in a window, per gain channel; 1 unless it is to apply."""
    if apply:
        return integration_correction(camera.readout, width, shift)
    return np.ones(camera.readout.n_channels)


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
    broken = broken_pixels(coefficients, calibration_index, selected_gain_channel)
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    return {
        "image": neighbor_average(image, broken, *neighbors),
        "peak_time": neighbor_average(peak_time, broken, *neighbors),
    }
