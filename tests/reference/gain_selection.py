"""Slow, obvious gain selection: what `kernels.gain_selection` must equal."""

import numpy as np


def channels_by_threshold(r0_waveform, threshold):
    n_events, n_channels, n_pixels, _ = r0_waveform.shape
    if n_channels == 1:
        return np.zeros((n_events, n_pixels), np.int8)
    high_gain = r0_waveform[:, 0].astype(int)
    return (high_gain > threshold).any(axis=-1).astype(np.int8)


def of_selected_channel(values, calibration_index, selected_gain_channel):
    out = np.empty(selected_gain_channel.shape, values.dtype)
    for (event, pixel), channel in np.ndenumerate(selected_gain_channel):
        out[event, pixel] = values[calibration_index[event], channel, pixel]
    return out
