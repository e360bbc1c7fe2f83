"""Banks of night-sky and noise traces, shared by all telescopes of one model."""

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.banks import noise_bank, sky_bank
from cta_columnar.kernels.simulation.draws import BANKS, new_stream
from cta_columnar.simulation.pulse_tables import PulseTables, tabulate_pulses
from cta_columnar.simulation.single_pe import (
    SIGNAL_STEPS,
    SKY_STEPS,
    moments,
    spectrum,
)
from cta_columnar.simulation.telescopes import TelescopeModel

SKY_ROWS = 512
"""Independent traces of night sky; with `COLUMNS` starts in each, 0.26 ms of a pixel
that samples every ns, which holds a dozen after-pulses."""
NOISE_ROWS = 64
"""Fewer do for noise, which has no rare events."""
COLUMNS = 512
SEARCH = 200.0
"""Longest time in which a camera looks for a trigger, ns."""


@dataclass(frozen=True, eq=False)
class Banks:
    """What all telescopes of one model share in a run.

    Attributes
    ----------
    pulses : PulseTables
        Pulses at the samples of the camera.
    signal_charges, sky_charges : float32[n + 1]
        Single-p.e. spectra of light and of night sky (which has after-pulses).
    sky : float32[h, r, c]
        Night sky per pulse shape, p.e., mean 0.
    noise : float32[g, r', c]
        Electronic noise, counts.
    sky_rate : float
        Photo-electrons of night sky per sample.
    n_search, n_read : int
        Most steps in a search for a trigger, and samples read (or summed) after it.
    """

    pulses: PulseTables
    signal_charges: NDArray[np.float32]
    sky_charges: NDArray[np.float32]
    sky: NDArray[np.float32]
    noise: NDArray[np.float32]
    sky_rate: float
    n_search: int
    n_read: int

    @property
    def n_columns(self) -> int:
        """Columns at which a trace may start; the others repeat the first ones."""
        return COLUMNS

    @property
    def n_places(self) -> int:
        """Places at which a trace may start."""
        return int(self.sky.shape[1]) * COLUMNS

    @property
    def sky_variance(self) -> float:
        """Variance of the night sky in one sample of the trigger, p.e. squared.

        Campbell's theorem: rate times mean square charge times the sum of the squared
        pulse.
        """
        pulse = self.pulses.pulses[self.pulses.trigger].astype(np.float64)
        squared = (pulse * pulse).sum(axis=1).mean()
        return float(self.sky_rate * moments(self.sky_charges)[1] * squared)


def make_banks(
    model: TelescopeModel, seed: int, run: int, *, nsb_factor: float = 1.0
) -> Banks:
    """Banks of one telescope model in one run.

    They depend on the name of the model and not on its place in an array.

    Parameters
    ----------
    nsb_factor : float
        Night sky relative to that of the model, 0 or more.
    """
    if not (nsb_factor >= 0.0 and math.isfinite(nsb_factor)):
        raise ValueError(f"night sky of {nsb_factor} times the dark one")
    readout, sensor = model.readout, model.sensor
    pulses = tabulate_pulses(model)
    n_search = math.ceil((SEARCH + pulses.peak) / readout.sample_width) + 3
    n_read = readout.n_samples
    if readout.sums_only:
        n_read = readout.offset + pulses.length
    n_more = readout.offset + n_search + n_read
    charges = spectrum(sensor, SKY_STEPS, afterpulses=True)
    rate = sensor.nsb_rate * nsb_factor * readout.sample_width
    key = zlib.crc32(model.name.encode())
    state = new_stream(seed, run, BANKS, 0, key)
    sky = sky_bank(state, rate, charges, pulses.pulses, SKY_ROWS, COLUMNS, n_more)
    state = new_stream(seed, run, BANKS, 1, key)
    noise = noise_bank(state, readout.noise, NOISE_ROWS, COLUMNS, n_more)
    return Banks(
        pulses=pulses,
        signal_charges=spectrum(sensor, SIGNAL_STEPS, afterpulses=False),
        sky_charges=charges,
        sky=sky,
        noise=noise,
        sky_rate=rate,
        n_search=n_search,
        n_read=n_read,
    )
