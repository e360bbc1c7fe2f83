"""Pulses of a single photo-electron."""

import math

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

# The pulse begins as many times sigma before the middle of its Gaussian, and ends where
# it has fallen below this share of the peak.
_BEGIN, _END = 5.0, 2e-4
# Below this ratio of tail to rise the pulse is a Gaussian within rounding.
_NO_TAIL = 0.05
_MOST_TAIL = 20.0


def pulse_shape(fwhm: float, tail: float, step: float) -> F8:
    """Return a Gaussian that is smeared by an exponential: fast rise, slow fall.

    Parameters
    ----------
    fwhm : float
        Full width at half maximum, ns.
    tail : float
        Decay time of the exponential in units of the sigma of the Gaussian, 0 to 20; 0
        is a Gaussian.
    step : float
        Distance of the values, ns.

    Returns
    -------
    pulse : float64[n]
        From zero to zero; its peak is 1. Values are those a file can hold: rounded to
        half precision.

    Raises
    ------
    ValueError
        If a width is not positive, or the tail out of its range.
    """
    if not (fwhm > 0.0 and step > 0.0 and 0.0 <= tail <= _MOST_TAIL):
        raise ValueError(f"no pulse of width {fwhm} ns, tail {tail}, step {step} ns")
    sigma = fwhm / _unit_fwhm(tail)
    longest = _BEGIN + 8.0 + tail * -math.log(_END)
    t = np.arange(0.0, longest * sigma, step)
    pulse = _smeared(t / sigma - _BEGIN, tail)
    pulse /= pulse.max()
    last = int(np.flatnonzero(pulse > _END)[-1])
    return pulse[: last + 2].astype(np.float16).astype(np.float64)


def pulse_table(fwhm: tuple[float, ...], tail: tuple[float, ...], step: float) -> F8:
    """float64[g, n]: pulses of several gain channels, short ones filled with 0."""
    pulses = [pulse_shape(w, t, step) for w, t in zip(fwhm, tail, strict=True)]
    table = np.zeros((len(pulses), max(map(len, pulses), default=0)))
    for row, pulse in zip(table, pulses, strict=True):
        row[: pulse.size] = pulse
    return table


def _smeared(t: F8, tail: float) -> F8:
    """Gaussian of sigma 1 smeared by an exponential of decay time ``tail``."""
    if tail < _NO_TAIL:
        return np.exp(-0.5 * t**2)
    value = [
        math.exp(0.5 / tail**2 - each / tail)
        * math.erfc((1.0 / tail - each) / math.sqrt(2.0))
        for each in t.tolist()
    ]
    return np.array(value)


def _unit_fwhm(tail: float) -> float:
    """Full width at half maximum for a Gaussian of sigma 1, to 1e-4."""
    t = np.arange(-4.0, 8.0 + 2.0 * tail, 0.002)
    value = _smeared(t, tail)
    above = np.flatnonzero(value >= 0.5 * value.max())
    first, last = int(above[0]), int(above[-1])
    half = 0.5 * value.max()
    begin = np.interp(half, value[first - 1 : first + 1], t[first - 1 : first + 1])
    end = np.interp(-half, -value[last : last + 2], t[last : last + 2])
    return float(end - begin)
