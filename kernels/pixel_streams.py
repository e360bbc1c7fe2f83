"""Random streams of the pixels of a telescope event.

What a pixel gets is a function of the seed, the use, the event, the telescope and the
pixel: neither of the other pixels nor of the order of events. The streams are those of
`cta_columnar.kernels.simulation.draws`, whose functions draw from them.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels.random import philox4x32
from cta_columnar.kernels.simulation.draws import State

_WORD = 0xFFFFFFFF
_SPENT = 10


@njit
def event_stream(
    seed: int, stream: int, obs_id: int, event_id: int, tel_id: int
) -> State:
    """Start the streams of a telescope event; `start_pixel` comes before any draw.

    The key is longer than that of the generator, so it goes through the generator
    first: two events have the same numbers with a probability of 2**-128.

    Parameters
    ----------
    seed : int
        Chosen by the user; 32 bits.
    stream : int
        What the numbers are for, see `cta_columnar.kernels.random`; 16 bits.
    obs_id, event_id : int
        The event; 64 bits each.
    tel_id : int
        The telescope; 16 bits.
    """
    # Masked as signed numbers first: a negative key must not be cast.
    words = philox4x32(
        np.uint64(event_id & _WORD),
        np.uint64((event_id >> 32) & _WORD),
        np.uint64(obs_id & _WORD),
        np.uint64((obs_id >> 32) & _WORD),
        np.uint64(seed & _WORD),
        np.uint64(((stream & 0xFFFF) << 16) | (np.int64(tel_id) & 0xFFFF)),
    )
    state = np.zeros(12, np.uint64)
    state[2], state[3], state[4], state[5] = words
    return state


@inline
def start_pixel(state: State, pixel: int) -> None:
    """Go to the first number of a pixel."""
    state[0] = np.uint64(0)
    state[1] = np.uint64(pixel)
    state[_SPENT] = np.uint64(4)
