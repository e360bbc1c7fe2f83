"""What a camera makes of light.

For each telescope event `Electronics.detect` turns photo-electrons into charges,
`cta_columnar.simulation.trigger.camera_trigger` decides, and `Electronics.read` gives
what is written. Cameras come from `cta_columnar.simulation.pixel_constants`. Shapes:
``p`` pixels, ``g`` gains, ``s`` samples, ``n`` photo-electrons.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.charges import detect
from cta_columnar.kernels.simulation.draws import ELECTRONICS, new_stream
from cta_columnar.kernels.simulation.electronics import first_of_pixels, traces
from cta_columnar.kernels.simulation.sums import sums
from cta_columnar.simulation.banks import Banks
from cta_columnar.simulation.telescopes import TelescopeModel
from cta_columnar.simulation.trigger_logic import TriggerLogic

F4 = NDArray[np.float32]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Signal:
    """Charges of one telescope event.

    Attributes
    ----------
    pixel, time : int32[n], float32[n]
        Photo-electrons by pixel, ns: the truth.
    charge : float32[n]
        p.e.; mean 1.
    arrival : float32[n]
        Start of the pulse, ns.
    first : int64[p + 1]
        Where those of each pixel begin.
    state : State
        Stream of random numbers of this telescope event, which the trigger goes on
        with.
    """

    pixel: I4
    time: F4
    charge: F4
    arrival: F4
    first: NDArray[np.int64]
    state: NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Window:
    """Where a readout lies in time and in the banks.

    Attributes
    ----------
    origin : float
        Time of the first sample, ns.
    place : int32[p]
        Where in the banks each pixel starts.
    column : int
        Columns from there to the first sample.
    """

    origin: float
    place: I4
    column: int


@dataclass(frozen=True, eq=False)
class Electronics:
    """A camera with its constants of one run.

    Attributes
    ----------
    model, banks, logic
        Shared by all telescopes of a model.
    seed, run, tel_index : int
        Key of its random numbers; ``tel_index`` is the row in the array.
    efficiency, gain, delay : float32[p]
        Of the pixels, relative to the model; ns.
    disabled : bool[p]
        Pixels without high voltage: noise, and neither light nor night sky.
    pedestal : float32[g, p]
        Baseline of one sample (or of a sum), counts.
    calib : float32[g, p]
        p.e. per count, for sums over all samples: one over peak times area.
    """

    model: TelescopeModel
    banks: Banks
    logic: TriggerLogic
    seed: int
    run: int
    tel_index: int
    efficiency: F4
    gain: F4
    delay: F4
    disabled: NDArray[np.bool_]
    pedestal: F4
    calib: F4

    @cached_property
    def scale(self) -> F4:
        """Counts at the peak of a photo-electron, float32[g, p]; 0 where disabled."""
        amplitude = self.model.readout.amplitude.astype(np.float32)
        return amplitude[:, np.newaxis] * self.live_gain

    @cached_property
    def live_gain(self) -> F4:
        """Gain, float32[p]; 0 where disabled."""
        return np.where(self.disabled, np.float32(0.0), self.gain)

    @cached_property
    def least_charge(self) -> float:
        """Charge in all pixels below which the camera cannot trigger, p.e."""
        # Members of more than one pixel may have some in common.
        size = self.logic.groups.shape[1] if self.logic.members.shape[1] == 1 else 1
        return size * self.logic.least / float(self.live_gain.max(initial=1.0))

    @cached_property
    def sky(self) -> F4:
        """Fluctuation of the night sky relative to that of the model, float32[p]."""
        return np.sqrt(self.efficiency)

    @cached_property
    def time_shift(self) -> F4:
        """Delays as the calibration block holds them, float32[g, p], ns."""
        return np.repeat(self.delay[np.newaxis], self.model.readout.n_gains, axis=0)

    @cached_property
    def noise(self) -> F4:
        """Electronic noise as the monitoring block holds it, float32[g, p], counts."""
        noise = self.model.readout.noise.astype(np.float32)
        return np.repeat(noise[:, np.newaxis], self.disabled.size, axis=1)

    def detect(self, pixel: I4, time: F4, use: int, shower: int) -> Signal:
        """Charges of the light of one shower in this telescope.

        Parameters
        ----------
        pixel, time : int32[n], float32[n]
            From `PhotoElectrons.telescope`.
        use, shower : int
            Key of the event; whatever else tells it from others is part of ``use``.
        """
        stream = ELECTRONICS + self.tel_index
        return self.respond(
            pixel, time, new_stream(self.seed, self.run, stream, use, shower)
        )

    def respond(self, pixel: I4, time: F4, state: NDArray[np.uint64]) -> Signal:
        """As `detect`, with a stream of one's own."""
        seen, moment, charge, arrival = detect(
            state,
            pixel,
            time,
            self.efficiency,
            self.delay,
            self.model.sensor.transit_spread,
            self.banks.signal_charges,
        )
        first = first_of_pixels(seen, self.disabled.size)
        return Signal(seen, moment, charge, arrival, first, state)

    def read(
        self, signal: Signal, window: Window, *, night_sky: bool = True
    ) -> NDArray[np.uint16] | NDArray[np.uint32]:
        """Waveforms uint16[g, p, s]; sums uint32[g, p] where there are no samples."""
        readout, banks = self.model.readout, self.banks
        n_pixels = self.disabled.size
        sky = self.sky if night_sky else np.zeros(n_pixels, np.float32)
        values = (
            signal.first,
            signal.arrival,
            signal.charge,
            window.origin,
            readout.sample_width,
            banks.pulses.readout,
            banks.pulses.shape,
            self.pedestal,
            self.scale,
            readout.adc_max.astype(np.float32),
            sky,
            window.place,
            window.column,
            banks.n_columns,
            banks.sky,
            banks.noise,
        )
        if readout.sums_only:
            totals = np.empty((readout.n_gains, n_pixels), np.uint32)
            sums(*values, banks.n_read, totals)
            return totals
        out = np.empty((readout.n_gains, n_pixels, readout.n_samples), np.uint16)
        traces(*values, out)
        return out
