"""Waveforms as they would be with more light of the night sky.

Shapes: ``e`` events, ``c`` gain channels, ``p`` pixels, ``s`` samples, ``n`` recorded
events of noise.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I1, I2, I4, I8
from cta_columnar.kernels.pixel_streams import event_stream, start_pixel
from cta_columnar.kernels.random import WAVEFORM_NOISE
from cta_columnar.kernels.simulation.draws import State, below


@njit
def _choose(state: State, n: int, chosen: I4) -> None:
    """Draw ``chosen.size`` different numbers below ``n``, every set as likely.

    R. W. Floyd, in J. Bentley, Communications of the ACM 30 (1987) 754.
    """
    m = chosen.size
    for i in range(m):
        largest = n - m + i
        chosen[i] = below(state, largest + 1)
        for k in range(i):
            if chosen[k] == chosen[i]:
                chosen[i] = largest


@njit
def add_waveform_noise(
    waveform: F4,
    selected_gain_channel: I1,
    noise: F4,
    first: I4,
    n_recorded: I4,
    n_added: int,
    pixels_independent: bool,
    seed: int,
    obs_id: I8,
    event_id: I8,
    tel_id: I2,
) -> F4:
    """Add recorded waveforms of noise to every pixel.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples.
    selected_gain_channel : int8[e, p]
        Channel of each pixel.
    noise : float32[n, c, p, s]
        Recorded samples, in the unit of the waveform.
    first, n_recorded : int32[e]
        Where the noise of the telescope of an event begins, and how much there is.
    n_added : int
        How many different ones to add; at most ``n_recorded``.
    pixels_independent : bool
        Choose them for each pixel; else once for all pixels of an event.
    seed : int
        32 bits.
    obs_id, event_id, tel_id : int64[e], int64[e], int16[e]
        What the numbers are drawn for, see `cta_columnar.kernels.pixel_streams`.

    Returns
    -------
    out : float32[e, p, s]
        The new samples.
    """
    out = waveform.copy()
    n_events, n_pixels, n_samples = waveform.shape
    chosen = np.empty(n_added, np.int32)
    for e in range(n_events):
        state = event_stream(seed, WAVEFORM_NOISE, obs_id[e], event_id[e], tel_id[e])
        for p in range(n_pixels):
            if pixels_independent or p == 0:
                start_pixel(state, p)
                _choose(state, n_recorded[e], chosen)
            for i in chosen:
                added = noise[first[e] + i, selected_gain_channel[e, p], p]
                for s in range(n_samples):
                    out[e, p, s] += added[s]
    return out
