"""What the trigger of a camera sees: light and night sky, summed over pixels.

Every camera trigger here has one form: *members* are sums over pixels, and *groups* of
members must be above the threshold at the same time. A majority of three neighbours has
a member per pixel and a group per triangle; a sum trigger has a group per member.

Axes: ``p`` pixels, ``e`` members, ``m`` pixels of the largest member, ``n`` groups,
``k`` members of a group, ``h`` members worth a look, ``s`` steps in time. Lists of
pixels are padded by -1.
"""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit
from cta_columnar.kernels.simulation.electronics import add_signal, start_in_bank


@njit
def hopeful_members(
    first: NDArray[np.int64],
    charge: NDArray[np.float32],
    gain: NDArray[np.float32],
    members: NDArray[np.int32],
    groups: NDArray[np.int32],
    least: float,
) -> NDArray[np.bool_]:
    """Members worth a look: in a group all of which have at least ``least`` p.e.

    A pulse is nowhere higher than its charge, so the total charge bounds the signal.

    Parameters
    ----------
    first : int64[p + 1]
        Where the photo-electrons of each pixel begin.
    charge : float32[n]
        p.e.
    gain : float32[p]
        Amplitude relative to the model; 0 without high voltage.
    members, groups : int32[e, m], int32[n, k]
        See the module.
    least : float
        Threshold less what the night sky adds at most.
    """
    out = np.zeros(members.shape[0], np.bool_)
    light = np.zeros(gain.size)
    total = 0.0
    for p in range(gain.size):
        for i in range(first[p], first[p + 1]):
            light[p] += gain[p] * charge[i]
        total += light[p]
    if total < least:
        return out
    enough = np.zeros(members.shape[0], np.bool_)
    for e in range(members.shape[0]):
        total = 0.0
        for m in range(members.shape[1]):
            if members[e, m] >= 0:
                total += light[members[e, m]]
        enough[e] = total >= least
    if not enough.any():
        return out
    for n in range(groups.shape[0]):
        every = True
        for k in range(groups.shape[1]):
            every = every and enough[groups[n, k]]
        if every:
            for k in range(groups.shape[1]):
                out[groups[n, k]] = True
    return out


@njit
def search_span(arrival: NDArray[np.float32], most: float) -> tuple[float, float]:
    """First and last arrival to look at, at most ``most`` ns apart.

    Where light comes for longer, the span is about its mean.
    """
    first = last = float(arrival[0])
    total = 0.0
    for time in arrival:
        first = min(first, time)
        last = max(last, time)
        total += time
    if last - first > most:
        middle = total / arrival.size
        first = min(max(middle - 0.5 * most, first), last - most)
        last = first + most
    return first, last


@njit
def member_traces(
    hopeful: NDArray[np.bool_],
    members: NDArray[np.int32],
    first: NDArray[np.int64],
    arrival: NDArray[np.float32],
    charge: NDArray[np.float32],
    origin: float,
    width: float,
    pulses: NDArray[np.float32],
    gain: NDArray[np.float32],
    sky: NDArray[np.float32],
    place: NDArray[np.int32],
    column: int,
    n_columns: int,
    sky_bank: NDArray[np.float32],
    n_steps: int,
) -> NDArray[np.float32]:
    """Light and night sky of each hopeful member, in p.e., float32[h, s].

    Parameters
    ----------
    hopeful : bool[e]
        From `hopeful_members`.
    origin, width : float
        Time of the first step and duration of a step, ns.
    n_steps : int
        Steps in time.
    others
        As of `electronics.traces` and `hopeful_members`, of one pulse shape.
    """
    row_of = np.full(gain.size, -1, np.int32)
    pixels = np.empty((gain.size, n_steps), np.float32)
    n_pixels = 0
    out = np.zeros((hopeful.sum(), n_steps), np.float32)
    h = -1
    for e in range(hopeful.size):
        h += hopeful[e]
        for m in range(members.shape[1] if hopeful[e] else 0):
            p = members[e, m]
            if p < 0:
                continue
            # Sums overlap: each pixel is made once.
            if row_of[p] < 0:
                row_of[p] = n_pixels
                mine = slice(first[p], first[p + 1])
                trace = pixels[n_pixels]
                trace[:] = 0.0
                add_signal(trace, arrival[mine], charge[mine], origin, width, pulses)
                row, a = start_in_bank(place[p], column, n_columns)
                _add_sky(trace, gain[p], sky[p], sky_bank[row, a : a + n_steps])
                n_pixels += 1
            trace = pixels[row_of[p]]
            for s in range(n_steps):
                out[h, s] += trace[s]
    return out


@lean
def _add_sky(
    trace: NDArray[np.float32],
    gain: np.float32,
    sky: np.float32,
    dark: NDArray[np.float32],
) -> None:
    for s in range(trace.size):
        trace[s] = gain * (trace[s] + sky * dark[s])
