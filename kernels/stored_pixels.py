"""Which waveforms of a camera are stored, and moving them to and from where they are.

A byte per pixel says it: `STORED` if its waveform is there, `HIGH_GAIN` and `LOW_GAIN`
for the channels it was read from. Stored waveforms lie in the order of the pixels, of
one with both channels the high gain first.

Shapes: ``e`` events, ``c`` gain channels, ``p`` pixels, ``s`` samples, ``k`` stored
waveforms of one event.
"""

import numpy as np

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels._types import F4, I8, U1, Unsigned

STORED = 1
HIGH_GAIN = 4
LOW_GAIN = 8


@njit
def count_stored(status: U1, counts: I8) -> None:
    """Count the stored waveforms of each event.

    Parameters
    ----------
    status : uint8[e, p]
        Bits of each pixel.
    counts : int64[e]
        On return, their number.
    """
    for e in range(status.shape[0]):
        n = 0
        for p in range(status.shape[1]):
            bits = int(status[e, p])
            n += (bits & STORED) * ((bits >> 2 & 1) + (bits >> 3 & 1))
        counts[e] = n


@njit
def gather_stored(waveform: Unsigned, status: U1, stored: Unsigned) -> None:
    """Put the stored waveforms of one event behind each other.

    Parameters
    ----------
    waveform : uint16[c, p, s] or uint32[c, p, s]
        All of them.
    status : uint8[p]
        Bits of each pixel; with one channel only, it is taken for both.
    stored : uint16[k, s] or uint32[k, s]
        On return, those that `count_stored` counts.
    """
    last = waveform.shape[0] - 1
    k = 0
    for p in range(status.size):
        for channel in range(2):
            if status[p] & STORED and status[p] & HIGH_GAIN << channel:
                row, out = waveform[min(channel, last), p], stored[k]
                for s in range(row.size):
                    out[s] = row[s]
                k += 1


@njit
def spread_stored(stored: Unsigned, status: U1, waveform: Unsigned) -> None:
    """Put stored waveforms of one event back to their pixels: inverse of gathering.

    Parameters
    ----------
    stored : uint16[k, s] or uint32[k, s]
        As many as `count_stored` counts.
    status : uint8[p]
        Bits of each pixel.
    waveform : uint16[c, p, s] or uint32[c, p, s]
        On return, all of them; what is not stored is left alone. With one channel only,
        it gets the selected one of each pixel.
    """
    last = waveform.shape[0] - 1
    k = 0
    for p in range(status.size):
        for channel in range(2):
            if status[p] & STORED and status[p] & HIGH_GAIN << channel:
                row, out = stored[k], waveform[min(channel, last), p]
                for s in range(row.size):
                    out[s] = row[s]
                k += 1


@njit
def without_dropped(waveform: F4, status: U1) -> F4:
    """Copy samples; those of pixels whose waveform is not stored become 0.

    Parameters
    ----------
    waveform : float32[e, p, s]
        Calibrated samples.
    status : uint8[e, p]
        Bits of each pixel.

    Returns
    -------
    out : float32[e, p, s]
        Of dropped pixels, the waveform is not looked at.
    """
    out = np.zeros(waveform.shape, np.float32)
    for e in range(status.shape[0]):
        for p in range(status.shape[1]):
            if status[e, p] & STORED:
                row, copy = waveform[e, p], out[e, p]
                for s in range(row.size):
                    copy[s] = row[s]
    return out
