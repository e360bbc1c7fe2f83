"""Which gain channel a pixel is read from.

Shapes: ``e`` events, ``c`` gain channels (0 high, 1 low), ``p`` pixels, ``s`` samples,
``k`` rows of calibration coefficients.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import I1, I4, Unsigned

T = TypeVar("T", bound=np.generic)


@njit
def channels_by_threshold(r0_waveform: Unsigned, threshold: int) -> I1:
    """Take the low gain where any high-gain sample exceeds a threshold.

    Parameters
    ----------
    r0_waveform : uint16[e, c, p, s]
        Raw counts.
    threshold : int
        Largest count for which the high gain is still taken.

    Returns
    -------
    out : int8[e, p]
        Selected channel; 0 everywhere if there is only one.
    """
    n_events, n_channels, n_pixels, n_samples = r0_waveform.shape
    out = np.zeros((n_events, n_pixels), np.int8)
    if n_channels == 1:
        return out
    for e in range(n_events):
        for p in range(n_pixels):
            samples = r0_waveform[e, 0, p]
            # No early exit: LLVM turns this into vectors, and few pixels are bright.
            largest = samples[0]
            for s in range(n_samples):
                largest = max(largest, samples[s])
            out[e, p] = largest > threshold
    return out


@njit
def of_selected_channel(
    values: NDArray[T],
    calibration_index: I4,
    selected_gain_channel: I1,
) -> NDArray[T]:
    """Calibration coefficients of the gain channel that each pixel is read from.

    Parameters
    ----------
    values : array[k, c, p]
        Coefficients.
    calibration_index : int32[e]
        Row of the coefficients that is valid for an event.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.

    Returns
    -------
    out : array[e, p]
        The value of each pixel, of the same type.
    """
    n_events, n_pixels = selected_gain_channel.shape
    out = np.empty((n_events, n_pixels), values.dtype)
    for e in range(n_events):
        # Channel after channel: LLVM turns that into vectors, but not a table look-up.
        of_channel, selected = values[calibration_index[e]], selected_gain_channel[e]
        for p in range(n_pixels):
            out[e, p] = of_channel[0, p]
        for c in range(1, of_channel.shape[0]):
            for p in range(n_pixels):
                out[e, p] = of_channel[c, p] if selected[p] == c else out[e, p]
    return out
