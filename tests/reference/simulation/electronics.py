"""Waveforms, sample by sample: what `kernels.simulation.electronics` must give."""

import math

import numpy as np


def signal(n_samples, arrival, charge, origin, width, pulses):
    n_phases, length = pulses.shape
    out = np.zeros(n_samples)
    for t, q in zip(arrival, charge, strict=True):
        begin = (float(t) - origin) / width
        for s in range(n_samples):
            i = s - math.floor(begin) - 1
            if 0 <= i < length:
                out[s] += q * pulses[math.floor(begin % 1.0 * n_phases), i]
    return out


def volts(pixel, n_samples, light, pulses, sky, place, column, n_columns, bank):
    """Light and night sky of one pixel in p.e.; ``light`` is (first, arrival, charge,
    origin, width)."""
    first, arrival, charge, origin, width = light
    mine = slice(first[pixel], first[pixel + 1])
    trace = signal(n_samples, arrival[mine], charge[mine], origin, width, pulses)
    row, start = divmod(int(place[pixel]), n_columns)
    start += column
    return trace + sky[pixel] * bank[row, start : start + n_samples].astype(float)


def noise(gain, pixel, n_samples, place, column, n_columns, bank):
    row, start = divmod(int(place[pixel]), n_columns)
    start += column
    return bank[gain, row % bank.shape[1], start : start + n_samples]


def count(value, top):
    """Counts before they are made whole: rounding ties are up to the caller."""
    return np.clip(value, 0, top)
