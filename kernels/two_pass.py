"""Pulses searched twice: freely, then where the shower's time gradient expects them.

J. Holder et al., "The first VERITAS telescope", Astropart. Phys. 25, 391 (2006); the
windows are those of ctapipe's TwoPassWindowSum.

Shapes: ``e`` events, ``p`` pixels, ``s`` samples, ``c`` gain channels.
"""

import math

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, F8, I1, Mask
from cta_columnar.kernels.windows import window_sum

WINDOWS = ((5, 2), (5, 0), (5, 4), (6, 4))
"""Width and shift: ordinary, at the start, at the end, at the end in ctapipe."""
_ORDINARY, _START, _END, _LEGACY_END = range(4)
_WINDOW_SHIFT = WINDOWS[_ORDINARY][1]
_FAR = 1e9
"""Samples from the readout, beyond which it does not matter how many."""


@inline
def _window_at(predicted: int, n_samples: int, legacy_edges: bool) -> tuple[int, int]:
    """Sample and kind of window for a predicted peak."""
    if predicted < _WINDOW_SHIFT:
        return 0, _START
    if predicted < n_samples - _WINDOW_SHIFT - 1:
        return predicted, _ORDINARY
    if not legacy_edges:
        return n_samples - 1, _END
    # ctapipe goes to the end only from one sample further on.
    is_moved = predicted > n_samples - _WINDOW_SHIFT - 1
    return (n_samples - 1 if is_moved else predicted), _LEGACY_END


@njit
def second_pass(
    waveform: F4,
    selected_gain_channel: I1,
    correction: F8,
    sampling_rate: float,
    island: Mask,
    core_threshold: float,
    x: F8,
    y: F8,
    cog_x: F8,
    cog_y: F8,
    psi: F8,
    slope: F8,
    intercept: F8,
    legacy_edges: bool,
    image: F4,
    peak_time: F4,
) -> Mask:
    """Extract pixels again, where a line of time along the shower axis expects them.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples, p.e.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.
    correction : float64[4, c]
        Factor on the charge, for each of `WINDOWS` and each gain channel.
    sampling_rate : float
        GHz.
    island : bool[e, p]
        Pixels of the shower.
    core_threshold : float
        Pixels of the shower with this charge keep what they have, p.e.
    x, y : float64[p]
        Pixel positions.
    cog_x, cog_y, psi : float64[e]
        Centroid and axis of the shower, unit of the positions, rad.
    slope, intercept : float64[e]
        Time along the axis from the centroid, ns per unit of the positions, ns.
    legacy_edges : bool
        Treat the end of the readout as ctapipe does.
    image, peak_time : float32[e, p]
        Of the first pass, p.e., ns. Overwritten for all but the bright pixels of the
        shower.

    Returns
    -------
    is_valid : bool[e]
        False where there is no line: such events stay as they are.
    """
    n_events, n_pixels, n_samples = waveform.shape
    is_valid = np.isfinite(slope)
    for e in range(n_events):
        if not is_valid[e]:
            continue
        cos_psi, sin_psi = math.cos(psi[e]), math.sin(psi[e])
        for p in range(n_pixels):
            if island[e, p] and image[e, p] >= core_threshold:
                continue
            along = (x[p] - cog_x[e]) * cos_psi + (y[p] - cog_y[e]) * sin_psi
            time = (slope[e] * along + intercept[e]) * sampling_rate
            predicted = int(np.rint(min(max(time, -_FAR), _FAR)))
            peak, kind = _window_at(predicted, n_samples, legacy_edges)
            width, shift = WINDOWS[kind]
            charge, center = window_sum(waveform[e, p], peak, width, shift)
            factor = correction[kind, selected_gain_channel[e, p]]
            image[e, p] = np.float32(charge) * factor
            peak_time[e, p] = np.float64(np.float32(center)) / sampling_rate
    return is_valid
