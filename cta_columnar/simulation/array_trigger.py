"""Trigger of an array on its cameras."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simulation.coincidence import array_trigger
from cta_columnar.simulation.arrays import ArrayModel

F8 = NDArray[np.float64]

LIGHT_SPEED = 0.2997
"""m / ns, in the air at an observatory, as the files name it."""

MAJORITY, ANALOG_SUM, DIGITAL_SUM = 0x1, 0x2, 0x4
RANDOM_MONO = 0x400
"""Type of a trigger that a single telescope made and that was kept by chance."""

TYPE_MASKS = {
    "majority": MAJORITY,
    "analog_sum": ANALOG_SUM,
    "digital_sum": DIGITAL_SUM,
}


@dataclass(frozen=True)
class ArrayTrigger:
    """What makes an event of an array.

    Attributes
    ----------
    multiplicity : int
        Telescopes that must trigger.
    window : float
        Time within which they must, once the delays of a plane wave from the pointing
        are taken off, ns.
    hard_stereo : frozenset of str
        Sizes of telescopes that do not count alone: a telescope of this size needs
        another one within the window, as the LSTs demand in hardware. Does not matter
        where the array has one such telescope only.
    random_mono : float
        Probability to keep a telescope that triggered and is in no event.
    """

    multiplicity: int = 2
    window: float = 100.0
    hard_stereo: frozenset[str] = field(default_factory=frozenset)
    random_mono: float = 0.0


@dataclass(frozen=True, eq=False)
class ArrayDecision:
    """Telescopes of an array event.

    Attributes
    ----------
    telescopes : int64[k]
        Rows of those that are read, ascending; none if there is no event.
    times : float64[k]
        Their triggers, less the delays of a plane wave from the pointing; the earliest
        is 0. ns.
    type_masks : int64[k]
        How each triggered: `MAJORITY` and so on, with `RANDOM_MONO`.
    """

    telescopes: NDArray[np.int64]
    times: F8
    type_masks: NDArray[np.int64]


NO_EVENT = ArrayDecision(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))


def plane_wave_delays(positions: F8, alt: float, az: float) -> F8:
    """When a plane wave from a direction passes the middle, less when it passes each.

    Parameters
    ----------
    positions : float64[t, 3]
        North, west, up, m.
    alt, az : float
        Direction, rad.

    Returns
    -------
    delays : float64[t]
        To be added to a time at a telescope, ns.
    """
    north, west = math.cos(alt) * math.cos(az), -math.cos(alt) * math.sin(az)
    toward = np.array([north, west, math.sin(alt)])
    delays: F8 = positions @ toward / LIGHT_SPEED
    return delays


def decide(
    array: ArrayModel,
    settings: ArrayTrigger,
    times: F8,
    lots: F8,
    pointing: tuple[float, float],
) -> ArrayDecision:
    """Decide on an event.

    Parameters
    ----------
    times : float64[t]
        Triggers of the cameras, ns; NaN where there is none.
    lots : float64[t]
        A uniform number of each, for `ArrayTrigger.random_mono`.
    pointing : tuple of float
        Altitude and azimuth, rad.
    """
    times = times + plane_wave_delays(array.positions, *pointing)
    hard = hard_groups(array, settings)
    in_event = array_trigger(
        times, hard, settings.window, settings.window, settings.multiplicity
    )
    is_mono = not in_event.any()
    if is_mono:
        in_event = ~np.isnan(times) & (lots < settings.random_mono)
        # One telescope each is kept; two that do not coincide are two events.
        in_event[np.flatnonzero(in_event)[1:]] = False
    telescopes = np.flatnonzero(in_event)
    if telescopes.size == 0:
        return NO_EVENT
    kept = times[telescopes]
    masks = [TYPE_MASKS[array.model_of(t).trigger.kind] for t in telescopes.tolist()]
    type_masks = np.array(masks, np.int64) | (RANDOM_MONO if is_mono else 0)
    return ArrayDecision(telescopes, kept - kept.min(), type_masks)


def hard_groups(array: ArrayModel, settings: ArrayTrigger) -> NDArray[np.int32]:
    """Return the group of each telescope that needs a partner, -1 for others."""
    out = np.full(array.n_telescopes, -1, np.int32)
    sizes = [model.size for model in array.models]
    for group, size in enumerate(sorted(settings.hard_stereo)):
        members = np.array([s == size for s in sizes])[array.model_index]
        if np.count_nonzero(members) > 1:
            out[members] = group
    return out
