"""Samples of pixels moved against each other, so that their pulses meet.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4


@njit
def shift_waveforms(
    waveform: F4, time_shift: F4, sampling_rate: float
) -> tuple[F4, F4]:
    """Move the samples of each pixel by whole samples; return what is left to shift.

    With ``shift = time_shift * sampling_rate`` a pixel moves by
    ``k = round(shift - mean of shift over pixels)``, halves to the even number, so that
    the camera as a whole stays where it is: its new sample ``i`` is its old sample
    ``i + k``, or the first or last one beyond the ends.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Samples.
    time_shift : float32[e, p]
        How much later than others a pixel is, ns.
    sampling_rate : float
        Samples per ns.

    Returns
    -------
    shifted : float32[e, p, s]
        Samples, moved.
    remaining : float32[e, p]
        ``(shift - k) / sampling_rate``, ns; to be taken off peak times.

    Notes
    -----
    As ``shift_waveforms`` of ctapipe.calib.camera.calibrator 0.32.
    """
    n_events, n_pixels, n_samples = waveform.shape
    shifted = np.empty_like(waveform)
    remaining = np.empty_like(time_shift)
    for e in range(n_events):
        total = 0.0
        for p in range(n_pixels):
            total += time_shift[e, p] * sampling_rate
        mean = total / max(n_pixels, 1)
        for p in range(n_pixels):
            shift = time_shift[e, p] * sampling_rate
            k = int(np.rint(shift - mean))
            remaining[e, p] = (shift - k) / sampling_rate
            old, new = waveform[e, p], shifted[e, p]
            for s in range(n_samples):
                new[s] = old[min(max(s + k, 0), n_samples - 1)]
    return shifted, remaining
