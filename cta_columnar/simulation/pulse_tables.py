"""Pulses of a camera, tabulated at its samples."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.telescopes import ReadoutModel

PHASE = 0.125
"""Arrival times are rounded to phases of at most this width, ns: below the jitter of
every sensor but silicon, and a small part of every sample."""

NEGLIGIBLE = 1e-3
"""The table ends where the pulse stays below this part of its peak."""


@dataclass(frozen=True, eq=False)
class PulseTables:
    """Pulses of the gains of a camera.

    Attributes
    ----------
    pulses : float32[h, f, i]
        Each different shape at sample ``i``, begun ``(f + 0.5) / n_f`` samples after
        sample -1.
    shape : int64[g]
        Which of them each gain has.
    area : float64[g]
        Sum over the samples, mean of all phases.
    peak : float
        Time from the start of the first gain's pulse to its peak, ns.
    """

    pulses: NDArray[np.float32]
    shape: NDArray[np.int64]
    area: NDArray[np.float64]
    peak: float

    @property
    def length(self) -> int:
        """Samples that a pulse covers."""
        return int(self.pulses.shape[2])


def tabulate_pulses(readout: ReadoutModel) -> PulseTables:
    """Tables of the pulses of a camera."""
    width, step = readout.sample_width, readout.pulse_step
    different, shape = np.unique(readout.pulse, axis=0, return_inverse=True)
    relevant = np.abs(different) > NEGLIGIBLE * np.abs(different).max(initial=0.0)
    last = int(np.flatnonzero(relevant.any(axis=0)).max(initial=0)) + 1
    length = math.ceil(last * step / width) + 1
    n_phases = math.ceil(width / PHASE)
    phase = (np.arange(n_phases) + 0.5) / n_phases
    times = (np.arange(length) + 1 - phase[:, np.newaxis]) * width
    grid = np.arange(different.shape[1]) * step
    pulses = np.stack([np.interp(times, grid, row, right=0.0) for row in different])
    area = pulses.sum(axis=2).mean(axis=1)
    shape = shape.reshape(-1).astype(np.int64)
    return PulseTables(
        np.ascontiguousarray(pulses, np.float32),
        shape,
        area[shape],
        float(readout.pulse[0].argmax() * step),
    )
