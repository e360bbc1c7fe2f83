"""Thresholds at which the night sky alone triggers a camera at a given rate.

The rates that matter (1 kHz) are too rare to be counted in traces, so they follow from
the distribution of the summed night sky, which is known exactly: the light is shot
noise, and the characteristic function of its amplitude is (N. R. Campbell, 1909; S. O.
Rice, Bell System Technical Journal 23 (1944) 282)

    ln phi(w) = rate integral dt (E[exp(i w q h(t))] - 1)

with the charge ``q`` and pulse ``h`` of a photo-electron.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.errors import UserError
from cta_columnar.simulation.banks import Banks
from cta_columnar.simulation.telescopes import TelescopeModel
from cta_columnar.simulation.trigger_logic import TriggerLogic

F8 = NDArray[np.float64]

_AMPLITUDES = 1024
_CHANGES = 256
"""Grid of amplitudes, and of their change from one sample to the next."""
_STEPS_PER_SIGMA = 8
_CHARGES = 1024
"""Bins of the charge of a photo-electron."""


@dataclass(frozen=True, eq=False)
class MemberRates:
    """Night sky in one member of a trigger, for each threshold.

    Attributes
    ----------
    threshold : float64[n]
        p.e. above the mean.
    above : float64[n]
        Probability that a sample is at the threshold.
    rises : float64[n]
        Probability that a sample is, and the one before it is not.
    """

    threshold: F8
    above: F8
    rises: F8


def member_rates(banks: Banks, n_pixels: float) -> MemberRates:
    """Rates of one member that adds up ``n_pixels`` pixels.

    From the distribution of a sample and of the change to the next one, with the
    formula of the module in two dimensions.
    """
    pulse = banks.pulses.pulses[banks.pulses.trigger].astype(np.float64)
    before = np.pad(pulse, ((0, 0), (1, 0)))
    change = np.diff(pulse, axis=1, prepend=0.0, append=0.0)
    rate = banks.sky_rate * n_pixels
    # Campbell's theorem, once more: the widths of both distributions.
    sigma = math.sqrt(n_pixels * banks.sky_variance)
    step = sigma / _STEPS_PER_SIGMA
    change_step = step * math.sqrt((change**2).sum() / (pulse**2).sum())
    charges, shares = _charges(banks)
    jumps = _histogram(
        np.multiply.outer(charges, before.ravel() / step),
        np.multiply.outer(charges, change.ravel() / change_step),
        np.repeat(shares / len(pulse), before.size),
    )
    exponent = rate * (np.fft.rfft2(jumps) - jumps.sum())
    joint = np.fft.irfft2(np.exp(exponent), jumps.shape)
    # A quarter of the ring is below 0, for pulses that undershoot.
    low = _AMPLITUDES // 4
    joint = np.roll(np.maximum(joint, 0.0) / joint.sum(), low, axis=0)
    middle = np.arange(_AMPLITUDES) - low
    mean = float(joint.sum(axis=1) @ middle) * step
    below = np.cumsum(joint, axis=0)
    rises = np.zeros(_AMPLITUDES)
    edge = middle + 0.5
    for k in range(1, _CHANGES // 2):
        lower = np.interp(edge - k * change_step / step, edge, below[:, k], left=0.0)
        rises += below[:, k] - lower
    above = np.maximum(1.0 - below.sum(axis=1), 0.0)
    return MemberRates(np.asarray(edge * step - mean, np.float64), above, rises)


def _charges(banks: Banks) -> tuple[F8, F8]:
    """Charges of a photo-electron of the night sky, and their shares."""
    charge = 0.5 * (banks.sky_charges[1:] + banks.sky_charges[:-1])
    counts, edges = np.histogram(charge, _CHARGES, (0.0, float(charge.max()) * 1.001))
    kept = counts > 0
    return 0.5 * (edges[1:] + edges[:-1])[kept], counts[kept] / charge.size


def _histogram(amplitude: F8, change: F8, weight: F8) -> F8:
    """Weights of points on the grid; each point is shared so that means stay."""
    x, y = amplitude.ravel(), change.ravel()
    low_x, low_y = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    out = np.zeros(_AMPLITUDES * _CHANGES)
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - (x - low_x)) * np.abs(1 - dy - (y - low_y))
            # The grid is a ring: no threshold is near its far side.
            place = (low_x + dx) % _AMPLITUDES * _CHANGES + (low_y + dy) % _CHANGES
            out += np.bincount(place, share * weight, out.size)
    return out.reshape(_AMPLITUDES, _CHANGES)


def night_sky_rate(
    model: TelescopeModel, banks: Banks, logic: TriggerLogic
) -> tuple[F8, F8]:
    """Rate of triggers of a camera by night sky alone, for each threshold.

    Members of a group are taken as independent. Sums overlap, and one large pulse makes
    all that hold its pixel trigger, so there are as many as fill the camera once: with
    little after-pulsing the true rate is higher, by a factor of a few.

    Returns
    -------
    threshold, rate : float64[n]
        p.e. and Hz.
    """
    in_use = logic.members[logic.members >= 0]
    n_pixels = in_use.size / len(logic.members)
    rates = member_rates(banks, n_pixels)
    n_groups, size = logic.groups.shape
    if size == 1:
        n_groups = np.unique(in_use).size / n_pixels
    on = rates.above + (logic.gate - 1) * rates.rises
    per_sample = n_groups * size * rates.rises * on ** (size - 1)
    return rates.threshold, per_sample * 1e9 / model.readout.sample_width


def calibrate_threshold(
    model: TelescopeModel, banks: Banks, logic: TriggerLogic, rate: float = 1000.0
) -> float:
    """Threshold at which the night sky triggers a camera at ``rate`` Hz, p.e.

    Raises
    ------
    UserError
        If there is no night sky, or no threshold has that rate.
    """
    if banks.sky_rate == 0:
        raise _no_threshold(model, rate, "there is no night sky")
    thresholds, rates = night_sky_rate(model, banks, logic)
    above = np.flatnonzero((rates >= rate) & (thresholds > 0))
    if above.size == 0:
        highest = float(rates[thresholds > 0].max(initial=0.0))
        raise _no_threshold(model, rate, f"at most {highest:.3g} Hz")
    last = int(above[-1])
    between = slice(last, last + 2)
    ends = np.log(np.maximum(rates[between], np.finfo(float).tiny))
    return float(np.interp(-math.log(rate), -ends, thresholds[between]))


def _no_threshold(model: TelescopeModel, rate: float, why: str) -> UserError:
    return UserError(
        f"trigger.night_sky_rate: no threshold of {model.name} has {rate:g} Hz: {why}"
    )
