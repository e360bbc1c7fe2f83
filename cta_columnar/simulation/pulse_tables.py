"""Pulses of a camera, tabulated at its samples."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.telescopes import ReadoutModel, TelescopeModel

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

PHASE = 0.125
"""Arrival times are rounded to phases of at most this width, ns: below the jitter of
every sensor but silicon, and a small part of every sample."""

NEGLIGIBLE = 1e-3
"""The table ends where the pulse stays below this part of its peak."""

TAIL_SHARE = 0.75
"""A digital trigger takes off this part of the sample before: it would otherwise add up
the night sky under pulses of 17 ns. An estimate, after the filters of FlashCam."""


@dataclass(frozen=True, eq=False)
class PulseTables:
    """Pulses of the gains of a camera.

    Attributes
    ----------
    pulses : float32[h, f, i]
        Each different shape at sample ``i``, begun ``(f + 0.5) / n_f`` samples after
        sample -1. Those of the gains come first.
    shape : int64[g]
        Which of them each gain has.
    trigger : int
        Which of them the trigger sees.
    area : float64[g]
        Sum over the samples, mean of all phases.
    peak : float
        Time from the start of the first gain's pulse to its peak, ns.
    """

    pulses: F4
    shape: NDArray[np.int64]
    trigger: int
    area: F8
    peak: float

    @property
    def readout(self) -> F4:
        """Shapes of the gains alone."""
        return self.pulses[: int(self.shape.max()) + 1]

    @property
    def length(self) -> int:
        """Samples that a pulse covers."""
        return int(self.pulses.shape[2])


def tabulate_pulses(model: TelescopeModel) -> PulseTables:
    """Tables of the pulses of a camera."""
    readout = model.readout
    different, shape = np.unique(readout.pulse, axis=0, return_inverse=True)
    shape = shape.reshape(-1).astype(np.int64)
    pulses = _at_samples(readout, different)
    area = pulses.sum(axis=2).mean(axis=1)
    trigger = int(shape[0])
    if model.trigger.kind == "digital_sum":
        sharp = pulses[trigger].copy()
        sharp[:, 1:] -= TAIL_SHARE * pulses[trigger][:, :-1]
        sharp /= sharp.max(axis=1).mean()
        trigger = len(pulses)
        pulses = np.concatenate([pulses, sharp[np.newaxis]])
    return PulseTables(
        pulses=np.ascontiguousarray(pulses, np.float32),
        shape=shape,
        trigger=trigger,
        area=area[shape],
        peak=float(readout.pulse[0].argmax() * readout.pulse_step),
    )


def _at_samples(readout: ReadoutModel, shapes: F8) -> F8:
    """Shapes given in steps of the pulse, for each phase at whole samples."""
    width, step = readout.sample_width, readout.pulse_step
    relevant = np.abs(shapes) > NEGLIGIBLE * np.abs(shapes).max(initial=0.0)
    last = int(np.flatnonzero(relevant.any(axis=0)).max(initial=0)) + 1
    n_phases = math.ceil(width / PHASE)
    phase = (np.arange(n_phases) + 0.5) / n_phases
    # The sample after the end is that of late phases.
    samples = np.arange(math.ceil(last * step / width) + 1)
    times = (samples + 1 - phase[:, np.newaxis]) * width
    grid = np.arange(shapes.shape[1]) * step
    return np.stack([np.interp(times, grid, row, right=0.0) for row in shapes])
