"""What an array makes of the light of one shower: decision, truth and waveforms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation.array_trigger import (
    NO_EVENT,
    ArrayDecision,
    ArrayTrigger,
    decide,
)
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.electronics import Electronics, Signal
from cta_columnar.simulation.photoelectrons import PhotoElectrons
from cta_columnar.simulation.trigger import CameraTrigger, camera_trigger


@dataclass(frozen=True, eq=False)
class TelescopeResponse:
    """A telescope that is read.

    Attributes
    ----------
    index : int
        Row in the array.
    trigger : CameraTrigger
        When and where it triggered, and what was read.
    counts : uint16[g, p, s] or uint32[g, p]
        Waveforms or sums.
    """

    index: int
    trigger: CameraTrigger
    counts: NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class ArrayResponse:
    """An array in one use of one shower.

    Attributes
    ----------
    signals : tuple of Signal or None
        Truth of each telescope, read or not; None without light.
    decision : ArrayDecision
        Which telescopes are read; none if there is no event.
    telescopes : tuple of TelescopeResponse
        These, in the same order.
    """

    signals: tuple[Signal | None, ...]
    decision: ArrayDecision
    telescopes: tuple[TelescopeResponse, ...]


def respond(
    array: ArrayModel,
    cameras: Sequence[Electronics],
    light: PhotoElectrons,
    key: tuple[int, int],
    settings: ArrayTrigger,
    pointing: tuple[float, float],
) -> ArrayResponse:
    """Response of an array to the light of a shower.

    Parameters
    ----------
    cameras : sequence of Electronics
        Of the telescopes of the array, from `pixel_constants.array_electronics`.
    light : PhotoElectrons
        Of the shower, on one clock.
    key : tuple of int
        Use and shower, of which all random numbers are a function.
    pointing : tuple of float
        Altitude and azimuth, rad.
    """
    signals = tuple(
        camera.detect(*light.telescope(index), *key) if n_pe else None
        for index, (camera, n_pe) in enumerate(
            zip(cameras, light.counts.tolist(), strict=True)
        )
    )
    triggered = _triggers(cameras, signals, settings)
    if not triggered:
        return ArrayResponse(signals, NO_EVENT, ())
    times = np.full(len(cameras), np.nan)
    lots = np.ones(len(cameras))
    for index, (trigger, _) in triggered.items():
        times[index], lots[index] = trigger.time, trigger.lot
    decision = decide(array, settings, times, lots, pointing)
    telescopes = []
    for index in decision.telescopes.tolist():
        trigger, signal = triggered[index]
        counts = cameras[index].read(signal, trigger.window)
        telescopes.append(TelescopeResponse(index, trigger, counts))
    return ArrayResponse(signals, decision, tuple(telescopes))


def _triggers(
    cameras: Sequence[Electronics],
    signals: Sequence[Signal | None],
    settings: ArrayTrigger,
) -> dict[int, tuple[CameraTrigger, Signal]]:
    """Triggers of the cameras; none are looked for where too few can have one."""
    bright = [
        (index, camera, signal)
        for index, (camera, signal) in enumerate(zip(cameras, signals, strict=True))
        if signal is not None and signal.charge.sum() >= camera.least_charge
    ]
    if len(bright) < settings.multiplicity and not settings.random_mono:
        return {}
    found = {}
    for index, camera, signal in bright:
        trigger = camera_trigger(camera, signal)
        if trigger is not None:
            found[index] = trigger, signal
    return found
