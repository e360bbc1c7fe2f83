"""Coincidences: of the members of a camera trigger, and of the cameras of an array.

Axes as in `trigger`, and ``t`` telescopes.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit

NOT_TRIGGERED = -1


@lean
def _stretch(
    trace: NDArray[np.float32], threshold: float, gate: int, on: NDArray[np.uint8]
) -> bool:
    """Mark where a trace is, or was less than ``gate`` steps ago, at the threshold."""
    until = -1
    for s in range(trace.size):
        if trace[s] >= threshold:
            until = s + gate
        on[s] = s < until
    return until >= 0


@njit
def coincidence(
    hopeful: NDArray[np.bool_],
    traces: NDArray[np.float32],
    groups: NDArray[np.int32],
    threshold: float,
    gate: int,
) -> tuple[int, NDArray[np.bool_]]:
    """Find when a group is first above the threshold together.

    Parameters
    ----------
    hopeful : bool[e]
        From `trigger.hopeful_members`.
    traces : float32[h, s]
        Of the hopeful members.
    groups : int32[n, k]
        Members that must coincide.
    gate : int
        Steps for which a member counts after each step at the threshold; 1 or more.

    Returns
    -------
    step : int
        The first one; `NOT_TRIGGERED` if there is none.
    fired : bool[e]
        Members of all groups that were ever above together.
    """
    n_steps = traces.shape[1]
    on = np.empty(traces.shape, np.uint8)
    row_of = np.full(hopeful.size, -1, np.int32)
    h = 0
    for e in range(hopeful.size):
        if hopeful[e]:
            if _stretch(traces[h], threshold, gate, on[h]):
                row_of[e] = h
            h += 1
    fired = np.zeros(hopeful.size, np.bool_)
    earliest = n_steps
    for n in range(groups.shape[0]):
        together = _first_together(groups[n], row_of, on)
        if together < n_steps:
            earliest = min(earliest, together)
            for k in range(groups.shape[1]):
                fired[groups[n, k]] = True
    return (earliest if earliest < n_steps else NOT_TRIGGERED), fired


@lean
def _first_together(
    group: NDArray[np.int32], row_of: NDArray[np.int32], on: NDArray[np.uint8]
) -> int:
    n_steps = int(on.shape[1])
    for k in range(group.size):
        if row_of[group[k]] < 0:
            return n_steps
    for s in range(n_steps):
        every = True
        for k in range(group.size):
            every = every and on[row_of[group[k]], s] > 0
        if every:
            return s
    return n_steps


@njit
def crossings(
    fired: NDArray[np.bool_],
    hopeful: NDArray[np.bool_],
    traces: NDArray[np.float32],
    threshold: float,
) -> NDArray[np.float64]:
    """When each member that fired first reached the threshold, in steps, float64[e].

    Between two steps by a straight line; NaN for members that did not fire.
    """
    out = np.full(fired.size, np.nan)
    h = -1
    for e in range(fired.size):
        h += hopeful[e]
        if not fired[e]:
            continue
        for s in range(traces.shape[1]):
            if traces[h, s] >= threshold:
                out[e] = s
                if s > 0:
                    rise = traces[h, s] - traces[h, s - 1]
                    out[e] -= (traces[h, s] - threshold) / rise
                break
    return out


@njit
def array_trigger(
    time: NDArray[np.float64],
    hard: NDArray[np.int32],
    hard_window: float,
    window: float,
    multiplicity: int,
) -> NDArray[np.bool_]:
    """Telescopes of the first coincidence between cameras.

    Parameters
    ----------
    time : float64[t]
        Camera triggers, less the delays of a plane wave along the pointing, ns; NaN for
        telescopes that did not trigger.
    hard : int32[t]
        Telescopes that share a number here do not count unless two of them coincide
        within ``hard_window``, as the stereo trigger of the LSTs; -1 for others.
    hard_window, window : float
        ns.
    multiplicity : int
        Telescopes needed within ``window``, 1 or more.

    Returns
    -------
    in_event : bool[t]
        All telescopes within ``window`` of the first one; none without coincidence.
    """
    counts = np.zeros(time.size, np.bool_)
    for i in range(time.size):
        counts[i] = not math.isnan(time[i])
        if counts[i] and hard[i] >= 0:
            counts[i] = False
            for j in range(time.size):
                if j != i and hard[j] == hard[i]:
                    counts[i] |= abs(time[i] - time[j]) <= hard_window
    start = math.inf
    for i in range(time.size):
        if counts[i] and time[i] < start:
            together = 0
            for j in range(time.size):
                together += counts[j] and 0.0 <= time[j] - time[i] <= window
            if together >= multiplicity:
                start = time[i]
    out = np.zeros(time.size, np.bool_)
    for i in range(time.size):
        out[i] = counts[i] and 0.0 <= time[i] - start <= window
    return out
