"""What deconvolving a trace does to the reference pulse of a camera."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.errors import UserError
from cta_columnar.instrument.camera import CameraReadout


@dataclass(frozen=True, slots=True)
class Deconvolution:
    """How to deconvolve the traces of a camera, and what it does to a pulse.

    Attributes
    ----------
    pole_zero : float
        What is left of a pulse one sample later.
    gain : float
        Charge of a pulse in the window after deconvolution, per its true charge.
    time_shift : float
        What the time of a pulse is late by, ns.
    edge_offset : float
        From the largest rise of the pulse to its deconvolved peak, resampled values;
        NaN where the time is that of the peak.
    """

    pole_zero: float
    gain: float
    time_shift: float
    edge_offset: float


@lru_cache(maxsize=64)
def deconvolution(
    readout: CameraReadout,
    n_per_sample: int,
    window_width: int,
    window_shift: int,
    time_profile_std: float,
    leading_edge_timing: bool,
    descend_limit: float,
) -> Deconvolution:
    """Deconvolve the reference pulse, sampled at all its phases, and average.

    Parameters
    ----------
    readout : CameraReadout
        Reference pulse and sampling; of several gain channels the first one counts.
    n_per_sample : int
        Resampled values per sample.
    window_width, window_shift : int
        Length of the window, and what of it lies before the peak, resampled values.
    time_profile_std : float
        Duration of the light that a gain is computed for (standard deviation), ns.
    leading_edge_timing : bool
        Whether the time is that of the rise of the pulse, not of its peak.
    descend_limit : float
        Share of its largest value down to which the rise is summed.

    Raises
    ------
    UserError
        If the reference pulse is sampled too coarsely, or does not hold its peak.
    """
    step = readout.reference_pulse_sample_width
    sample_width = 1.0 / readout.sampling_rate
    n_phases = round(sample_width / step)
    if n_phases < 1:
        raise UserError(
            f"the reference pulse of {readout.name} has steps of {step:g} ns, longer "
            f"than a sample of {sample_width:g} ns: it cannot be deconvolved"
        )
    pulse = readout.reference_pulse[0]
    pole_zero = _pole_zero(pulse, n_phases, readout.name)
    pulse = _smeared(pulse, step, time_profile_std)
    integral = pulse.sum() * step / sample_width
    gains, shifts, offsets = [], [], []
    for phase in range(n_phases):
        trace = pulse[phase::n_phases]
        deconvolved = _deconvolve(trace, pole_zero, n_per_sample)
        peak = int(deconvolved.argmax())
        start = peak - window_shift
        if start < 0 or start + window_width > deconvolved.size:
            continue
        time = float(peak)
        offset = math.nan
        if leading_edge_timing:
            rise = _deconvolve(trace, 1.0, n_per_sample)
            time = _centroid(rise, int(rise.argmax()), descend_limit)
            offset = peak - int(rise.argmax())
        gains.append(deconvolved[start : start + window_width].sum() / integral)
        shifts.append((time / n_per_sample * n_phases - pulse.argmax()) * step)
        offsets.append(offset)
    if not gains or np.mean(gains) == 0.0:
        raise UserError(
            f"the deconvolved reference pulse of {readout.name} holds no window of "
            f"{window_width} values with its peak"
        )
    means = (float(np.mean(each)) for each in (gains, shifts, offsets))
    return Deconvolution(pole_zero, *means)


def _pole_zero(pulse: F8, n_phases: int, name: str) -> float:
    """Ratio of two samples one after the other, where the pulse falls fastest."""
    ratios = []
    for phase in range(n_phases):
        trace = pulse[phase::n_phases]
        after = int(np.diff(trace).argmin()) + 1 if trace.size > 1 else 0
        if after + 1 >= trace.size or trace[after] == 0.0:
            raise UserError(f"the reference pulse of {name} ends before it has decayed")
        ratios.append(trace[after + 1] / trace[after])
    return float(np.mean(ratios))


def _smeared(pulse: F8, step: float, std: float) -> F8:
    if std == 0.0:
        return pulse
    time = (np.arange(pulse.size) - pulse.size / 2) * step
    profile = np.exp(-0.5 * (time / std) ** 2) / (std * math.sqrt(2.0 * math.pi))
    return np.convolve(pulse, profile, "same")


def _deconvolve(trace: F8, pole_zero: float, n_per_sample: int) -> F8:
    """As `kernels.deconvolution.deconvolve`, in float64."""
    deconvolved = np.concatenate([[0.0], trace[1:] - pole_zero * trace[:-1]])
    repeated = np.pad(
        np.repeat(deconvolved, n_per_sample), n_per_sample - 1, mode="edge"
    )
    box = np.full(n_per_sample, 1.0 / n_per_sample)
    return np.convolve(repeated, np.convolve(box, box), "valid")


def _centroid(values: F8, peak: int, descend_limit: float) -> float:
    """Centre of gravity about a peak, down to a share of it on both sides."""
    below = values <= descend_limit * values[peak]
    before, after = np.flatnonzero(below[:peak]), np.flatnonzero(below[peak:])
    first = int(before[-1]) + 1 if before.size else 0
    last = peak + int(after[0]) if after.size else values.size
    if last <= first:
        return float(peak)
    places = np.arange(first, last)
    return float((places * values[first:last]).sum() / values[first:last].sum())
