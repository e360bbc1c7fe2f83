"""Calibration events in groups of consecutive ones."""

from itertools import pairwise

import numpy as np

from cta_columnar.array_types import I8


def chunks_of(
    time: I8,
    size: int | None = None,
    duration: float | None = None,
    last: str = "overlap",
) -> list[slice]:
    """Cut events into chunks.

    Parameters
    ----------
    time : int64[n]
        Times of the events, ns, ascending.
    size : int, optional
        Events in a chunk.
    duration : float, optional
        Time that a chunk spans, s, if there is no size: ``[start, start + duration)``,
        counted from the first event. With neither, all events are one chunk.
    last : str
        What becomes of events that fill no chunk: ``"overlap"`` takes those before
        them again, to fill it; ``"truncate"`` leaves them a smaller one; ``"skip"``
        leaves them out. If there are too few for any chunk, they are one in any case.

    Returns
    -------
    list of slice
        Chunks without events are left out.
    """
    if not len(time):
        return []
    if size is not None:
        edges = np.arange(0, len(time) + 1, size)
        is_whole = edges[-1] == len(time)
        overlapping = len(time) - size
    elif duration is not None:
        step = round(duration * 1e9)
        n_whole = (time[-1] - time[0]) // step
        starts = time[0] + step * np.arange(n_whole + 1)
        edges = np.searchsorted(time, starts)
        is_whole = False
        overlapping = int(np.searchsorted(time, time[-1] - step, "right"))
    else:
        return [slice(0, len(time))]
    chunks = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    if not chunks:
        return [slice(0, len(time))]
    if not is_whole and last == "overlap":
        chunks.append(slice(overlapping, len(time)))
    elif not is_whole and last == "truncate":
        chunks.append(slice(int(edges[-1]), len(time)))
    return [each for each in chunks if each.start < each.stop]
