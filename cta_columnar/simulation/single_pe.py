"""Spectra of the charge of one photo-electron, as tables of quantiles."""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.telescopes import SensorModel

F8 = NDArray[np.float64]

SIGNAL_STEPS = 4096
"""Steps of the table for light: 16 kB, which stays in the first cache."""
SKY_STEPS = 1 << 18
"""Steps of the table for the night sky: 52 of them describe after-pulses of 2e-4."""

AFTERPULSE_START = 4.0
"""The share of after-pulses is quoted above this charge, p.e."""
AFTERPULSE_SLOPE = 3.0
"""Their charges fall by e over this many p.e.; an estimate, with which the sums of
LSTCam trigger on the night sky at 1 kHz from 30 p.e. on."""

_STEP = 0.002
_MOST_CHARGE = 60.0
_MOST_AVALANCHES = 40


def _photomultiplier(charge: F8, shape: float, afterpulse: float) -> F8:
    """Density of a Gamma distribution of mean 1, with a tail of after-pulses."""
    with np.errstate(divide="ignore"):
        log_density = (shape - 1.0) * np.log(charge) - shape * charge
    prompt = np.exp(log_density + shape * math.log(shape) - math.lgamma(shape))
    beyond = (charge - AFTERPULSE_START) / AFTERPULSE_SLOPE
    tail = np.where(beyond > 0, np.exp(-beyond) / AFTERPULSE_SLOPE, 0.0)
    return (1.0 - afterpulse) * prompt + afterpulse * tail


def _silicon(charge: F8, sigma: float, crosstalk: float) -> F8:
    """Density of the charge of a chain of avalanches, each of which may start one."""
    density = np.zeros_like(charge)
    for n in range(1, _MOST_AVALANCHES + 1):
        share = (1.0 - crosstalk) * crosstalk ** (n - 1)
        spread = max(sigma, 2.0 * _STEP) * math.sqrt(n)
        density += share * np.exp(-0.5 * ((charge - n) / spread) ** 2) / spread
    return density


def spectrum(
    sensor: SensorModel, n_steps: int, *, afterpulses: bool
) -> NDArray[np.float32]:
    """Quantiles 0, 1/n, ... 1 of the charge of a photo-electron, whose mean is 1.

    Parameters
    ----------
    sensor : SensorModel
        Photomultiplier or silicon.
    n_steps : int
        Number of steps between quantiles.
    afterpulses : bool
        Whether the tail of after-pulses counts. They come microseconds after their
        cause, so they add to the night sky and not to the light of a shower.

    Returns
    -------
    quantiles : float32[n_steps + 1]
        For `cta_columnar.kernels.simulation.charges.draw_charge`.
    """
    pe = sensor.single_pe
    charge = np.arange(0.0, _MOST_CHARGE, _STEP)
    if sensor.kind == "pmt":
        share = pe.afterpulse if afterpulses else 0.0
        density = _photomultiplier(charge, pe.gamma_shape, share)
    else:
        density = _silicon(charge, pe.sigma, pe.crosstalk)
    below = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    below /= below[-1]
    # Where nothing lies, the quantile is not unique: take the last such charge.
    rising = np.concatenate([np.diff(below) > 0, [True]])
    levels = np.linspace(0.0, 1.0, n_steps + 1)
    quantiles = np.interp(levels, below[rising], charge[rising])
    # The last step must not reach from the bulk to the far end of the grid.
    quantiles[-1] = 2.0 * quantiles[-2] - quantiles[-3]
    mean = 0.5 * (quantiles[1:] + quantiles[:-1]).mean()
    scaled: NDArray[np.float32] = (quantiles / mean).astype(np.float32)
    return scaled


def moments(quantiles: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and mean square of the charges that a table of quantiles gives."""
    low = quantiles[:-1].astype(np.float64)
    high = quantiles[1:].astype(np.float64)
    square = (low * low + low * high + high * high) / 3.0
    return float(0.5 * (low + high).mean()), float(square.mean())
