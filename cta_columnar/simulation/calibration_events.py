"""Events without a shower: pedestals, single photo-electrons and flat fields."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.charges import flash
from cta_columnar.kernels.simulation.draws import CALIBRATION, new_stream, normal
from cta_columnar.kernels.simulation.electronics import draw_places
from cta_columnar.simulation.electronics import Electronics, Signal, Window

SINGLE_PE_MEAN = 0.3
"""Photo-electrons per pixel: few enough that two are rare."""
FLAT_FIELD_MEAN = 70.0
FLAT_FIELD_SPREAD = 0.03
"""Relative rms of the intensity of flashes, common to all pixels of a camera."""
FLASH_DURATION = 1.0
"""Rms of the times of a flash, ns."""

_PEAK_AFTER_TRIGGER = 2
"""Samples; about where the pulses of showers have their peak."""


class CalibrationKind(IntEnum):
    """What a calibration event is; the numbers are those of the files."""

    DARK_PEDESTAL = 0
    SKY_PEDESTAL = 1
    SINGLE_PE = 2
    FLAT_FIELD = 3


@dataclass(frozen=True, eq=False)
class CalibrationReading:
    """One telescope in one calibration event, which is triggered at time 0.

    Attributes
    ----------
    signal : Signal
        Truth and charges.
    window : Window
        What was read.
    counts : uint16[g, p, s] or uint32[g, p]
        Waveforms or sums.
    """

    signal: Signal
    window: Window
    counts: NDArray[np.uint16] | NDArray[np.uint32]


def calibration_event(
    electronics: Electronics, kind: CalibrationKind, number: int
) -> CalibrationReading:
    """Make one calibration event.

    Parameters
    ----------
    number : int
        Of the event in its run, which makes its random numbers its own.
    """
    readout, banks = electronics.model.readout, electronics.banks
    n_pixels = electronics.disabled.size
    key = (electronics.seed, electronics.run, CALIBRATION, electronics.tel_index)
    state = new_stream(*key, number)
    mean = 0.0
    if kind == CalibrationKind.SINGLE_PE:
        mean = SINGLE_PE_MEAN
    elif kind == CalibrationKind.FLAT_FIELD:
        mean = FLAT_FIELD_MEAN * (1.0 + FLAT_FIELD_SPREAD * normal(state))
    origin = -readout.offset * readout.sample_width
    middle = _PEAK_AFTER_TRIGGER * readout.sample_width - banks.pulses.peak
    # All pulses must begin within the window, however long they rise.
    middle = max(middle, origin + 4.0 * FLASH_DURATION)
    pixel, time = flash(
        state, np.full(n_pixels, mean, np.float32), FLASH_DURATION, middle
    )
    signal = electronics.respond(pixel, time, state)
    window = Window(origin, draw_places(state, banks.n_places, n_pixels), 0)
    is_dark = kind == CalibrationKind.DARK_PEDESTAL
    counts = electronics.read(signal, window, night_sky=not is_dark)
    return CalibrationReading(signal, window, counts)
