"""Trigger of a camera on the light of one telescope event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.coincidence import (
    NOT_TRIGGERED,
    coincidence,
    crossings,
)
from cta_columnar.kernels.simulation.draws import State, uniform
from cta_columnar.kernels.simulation.electronics import draw_places
from cta_columnar.kernels.simulation.trigger import (
    hopeful_members,
    member_traces,
    search_span,
)
from cta_columnar.simulation.electronics import Electronics, Signal, Window

F4 = NDArray[np.float32]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class CameraTrigger:
    """A camera that triggered.

    Attributes
    ----------
    time : float
        Of the trigger, on the clock of the photo-electrons, ns.
    window : Window
        What is read.
    start_readout : int
        First sample read, after the start of the search.
    sectors, sector_times : int32[n], float32[n]
        Members of the trigger that fired (pixels of a majority trigger, patches of a
        sum), and when each did, ns after the start of the search.
    pixels : int32[k]
        All pixels of these members, ascending.
    lot : float
        Uniform number for decisions about this telescope event.
    """

    time: float
    window: Window
    start_readout: int
    sectors: I4
    sector_times: F4
    pixels: I4
    lot: float

    @property
    def relative_time(self) -> float:
        """Trigger after the first sample read, ns."""
        return self.time - self.window.origin


@dataclass(frozen=True, eq=False)
class _Search:
    """Traces of the members that may fire, from ``origin`` on."""

    hopeful: NDArray[np.bool_]
    traces: F4
    origin: float
    place: I4


def _search(electronics: Electronics, signal: Signal, state: State) -> _Search | None:
    """Traces in which to look for a trigger; None if the light cannot make one."""
    banks, logic = electronics.banks, electronics.logic
    if signal.charge.size == 0:
        return None
    gain = electronics.live_gain
    hopeful = hopeful_members(
        signal.first, signal.charge, gain, logic.members, logic.groups, logic.least
    )
    if not hopeful.any():
        return None
    width = electronics.model.readout.sample_width
    # Pulses of the last arrival must reach their peak within the search.
    most = (banks.n_search - 3) * width - banks.pulses.peak
    first, last = search_span(signal.arrival, most)
    # The clock of the camera knows nothing of the shower.
    origin = first - (1.0 + uniform(state)) * width
    n_steps = int((last + banks.pulses.peak - origin) / width) + 2
    place = draw_places(state, banks.n_places, gain.size)
    shape = banks.pulses.trigger
    traces = member_traces(
        hopeful,
        logic.members,
        signal.first,
        signal.arrival,
        signal.charge,
        origin,
        width,
        banks.pulses.pulses[shape],
        gain,
        electronics.sky,
        place,
        electronics.model.readout.offset,
        banks.n_columns,
        banks.sky[shape],
        min(n_steps, banks.n_search),
    )
    return _Search(hopeful, traces, origin, place)


def camera_trigger(electronics: Electronics, signal: Signal) -> CameraTrigger | None:
    """Whether, when and where a camera triggers; None if it does not.

    The discriminators see the night sky that the waveforms will show. Members without
    light are left out: triggers of the night sky alone are rare in so short a time.
    """
    # A copy: the decision on a signal does not depend on how often one asks.
    state = signal.state.copy()
    search = _search(electronics, signal, state)
    if search is None:
        return None
    logic, readout = electronics.logic, electronics.model.readout
    step, fired = coincidence(
        search.hopeful, search.traces, logic.groups, logic.threshold, logic.gate
    )
    if step == NOT_TRIGGERED:
        return None
    when = crossings(fired, search.hopeful, search.traces, logic.threshold)
    sectors = np.flatnonzero(fired).astype(np.int32)
    times = when[sectors]
    # The member that came last; none, if one came for a second time.
    decisive = times[(times > step - 1) & (times <= step)]
    moment = float(decisive.max()) if decisive.size else float(step)
    pixels = np.unique(logic.members[sectors])
    width = readout.sample_width
    # Column 0 is `offset` samples before the search, so that all is in the banks.
    window = Window(
        origin=search.origin + (step - readout.offset) * width,
        place=search.place,
        column=step,
    )
    return CameraTrigger(
        time=search.origin + moment * width,
        window=window,
        start_readout=step,
        sectors=sectors,
        sector_times=((times + readout.offset) * width).astype(np.float32),
        pixels=pixels[pixels >= 0],
        lot=uniform(state),
    )
