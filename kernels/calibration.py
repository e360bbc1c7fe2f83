"""R0 to R1: raw counts to calibrated samples.

Shapes: ``e`` events, ``c`` gain channels, ``p`` pixels, ``s`` samples, ``k`` rows of
calibration coefficients.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I1, I4, Unsigned


@njit
def calibrate(
    r0_waveform: Unsigned,
    selected_gain_channel: I1,
    pedestal: F4,
    dc_to_pe: F4,
    calibration_index: I4,
    scale: float,
    shift: float,
) -> F4:
    """Calibrate the selected gain channel; only that one is read.

    ``(r0 - pedestal) * (dc_to_pe * scale) + shift``, all in float32.

    Parameters
    ----------
    r0_waveform : uint16[e, c, p, s]
        Raw counts; with one channel only, it is the selected one of each pixel.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.
    pedestal : float32[k, c, p]
        Baseline of one sample, raw counts.
    dc_to_pe : float32[k, c, p]
        p.e. per raw count.
    calibration_index : int32[e]
        Row of the coefficients that is valid for an event.
    scale, shift : float
        Further factor, and p.e. per sample to add.

    Returns
    -------
    out : float32[e, p, s]
        Samples, p.e.
    """
    n_events, n_channels, n_pixels, n_samples = r0_waveform.shape
    last = n_channels - 1
    scale_f4, shift_f4 = np.float32(scale), np.float32(shift)
    out = np.empty((n_events, n_pixels, n_samples), np.float32)
    for e in range(n_events):
        k = calibration_index[e]
        for p in range(n_pixels):
            c = selected_gain_channel[e, p]
            baseline = pedestal[k, c, p]
            factor = dc_to_pe[k, c, p] * scale_f4
            counts, calibrated = r0_waveform[e, min(c, last), p], out[e, p]
            for s in range(n_samples):
                calibrated[s] = (np.float32(counts[s]) - baseline) * factor + shift_f4
    return out
