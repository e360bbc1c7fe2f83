"""How much of a pulse falls into an integration window."""

from functools import lru_cache

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.instrument.camera import CameraReadout
from cta_columnar.instrument.freezing import frozen


@lru_cache(maxsize=256)
def integration_correction(
    readout: CameraReadout, window_width: int, window_shift: int
) -> F8:
    """Factor on a charge for what its integration window misses of the pulse.

    Parameters
    ----------
    readout : CameraReadout
        Reference pulses and sampling.
    window_width : int
        Samples in the window.
    window_shift : int
        Samples before the peak at which it starts.

    Returns
    -------
    correction : float64[c]
        One factor per gain channel, read-only; 1 where the window is empty.

    Notes
    -----
    The definition is that of ctapipe 0.32, kept for comparable charges. Negative
    undershoot counts, so factors below 1 are normal.
    """
    correction = np.array(
        [
            _correction_of_one(pulse, readout, window_width, window_shift)
            for pulse in readout.reference_pulse
        ]
    )
    return frozen(correction)


def _correction_of_one(
    pulse: F8, readout: CameraReadout, width: int, shift: int
) -> float:
    step = readout.reference_pulse_sample_width
    sample_width = 1.0 / readout.sampling_rate
    edges = np.arange(0.0, pulse.size * step, sample_width)
    if edges.size < 2:
        return 1.0
    # Reference samples that lie on an edge fall by rounding: both axes are built as
    # the reference does it.
    sums, _ = np.histogram(step * np.arange(pulse.size), edges, weights=pulse)
    if sums.sum() == 0.0:
        return 1.0
    # Divided by bin widths as rounded, multiplied by the true one: a last digit, but
    # the one that makes charges bit-identical.
    share = sums / np.diff(edges) / sums.sum() * sample_width
    start = max(int(share.argmax()) - shift, 0)
    window = share[start : start + width]
    return 1.0 / float(window.sum()) if window.size else 1.0


@lru_cache(maxsize=256)
def sliding_correction(readout: CameraReadout, window_width: int) -> F8:
    """Factor on a charge for what the window that holds most misses of the pulse.

    Parameters
    ----------
    readout : CameraReadout
        Reference pulses and sampling.
    window_width : int
        Samples in the window.

    Returns
    -------
    correction : float64[c]
        One factor per gain channel, read-only; 1 where the window holds nothing.
    """
    sample_width = 1.0 / readout.sampling_rate
    width = round(window_width * sample_width / readout.reference_pulse_sample_width)
    correction = np.array(
        [_of_largest_window(p, width) for p in readout.reference_pulse]
    )
    correction.flags.writeable = False
    return correction


def _of_largest_window(pulse: F8, width: int) -> float:
    sums = np.concatenate([[0.0], np.cumsum(pulse)])
    if not 0 < width < sums.size:
        return 1.0
    largest = (sums[width:] - sums[:-width]).max()
    return float(pulse.sum() / largest) if largest > 0.0 else 1.0
