"""Random variates of a simulated shower, as pure functions of what they are for.

A *stream* is an endless sequence of numbers that belongs to one shower, one use of it
and one purpose. It starts at its own place of the Philox sequence (see
`cta_columnar.kernels.random`), so no number depends on the order of the work or on how
many workers share it. Its state is an array that the functions here move forward:

    state = new_stream(seed, run, LIGHT + telescope, use, shower)
    x = uniform(state)

``state : uint64[12]``: counter (0-3), key (4, 5), the words in hand (6-9), how many of
these are spent (10), one spare. All numbers come from words of 32 bits: a uniform has
that resolution, which limits an exponential to 23 and a normal to 9.9.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import apart, lean, njit
from cta_columnar.kernels.random import philox4x32
from cta_columnar.kernels.simulation.ziggurat import HEIGHT, N_LAYERS, TAIL, WIDTH

State = NDArray[np.uint64]

PRIMARY = 0
"""Stream of the primary particle and its cascade."""
LIGHT = 1
"""First of the streams of light; add the index of the telescope."""
ELECTRONICS = 1024
"""First of the streams of electronics and night sky; add the index of the telescope."""
PIXELS = 4096
"""Spread of pixels within a camera, drawn once per run; the telescope is the use."""
BANKS = 4097
"""Banks of night-sky and noise traces."""
EMISSION = 4098
"""Tables of Cherenkov emission."""
CALIBRATION = 4099
"""Calibration events; their number stands for the shower."""
DEAD_PIXELS = 4100
"""Pixels without high voltage; the id of the telescope is the use, the run is 0."""

_WORD = 0xFFFFFFFF
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_TO_UNIT = 2.0**-32
_TO_PLACE = 2.0**-23
_SPENT = 10

# Above it, the rejection method of `poisson` is the faster one.
_LARGE_MEAN = 10.0


@njit
def new_stream(seed: int, run: int, stream: int, use: int, shower: int) -> State:
    """Start a stream; 32 bits of each argument count, none may be negative."""
    state = np.zeros(12, np.uint64)
    state[1] = np.uint64(stream & _WORD)
    state[2] = np.uint64(use & _WORD)
    state[3] = np.uint64(shower & _WORD)
    state[4] = np.uint64(seed & _WORD)
    state[5] = np.uint64(run & _WORD)
    state[_SPENT] = np.uint64(4)
    return state


@apart
def _refill(state: State) -> None:
    words = philox4x32(state[0], state[1], state[2], state[3], state[4], state[5])
    state[6], state[7], state[8], state[9] = words
    state[0] += _ONE
    state[_SPENT] = np.uint64(0)


@lean
def word(state: State) -> np.uint64:
    """Next word of 32 random bits."""
    if state[_SPENT] == 4:
        _refill(state)
    spent = state[_SPENT]
    state[_SPENT] = spent + _ONE
    return np.uint64(state[np.int64(spent) + 6])


@lean
def uniform(state: State) -> float:
    """Next number in (0, 1); neither end is ever reached."""
    return (float(word(state)) + 0.5) * _TO_UNIT


@lean
def below(state: State, n: int) -> np.int64:
    """Next whole number in [0, n), ``n`` < 2**32; biased by at most n / 2**32."""
    return np.int64((word(state) * np.uint64(n)) >> _HALF)


@lean
def exponential(state: State) -> float:
    """Next exponential variate of mean 1."""
    return -math.log(uniform(state))


@lean
def normal(state: State) -> float:
    """Next normal variate of mean 0 and variance 1, by the method of `ziggurat`."""
    bits = word(state)
    layer = np.int64(bits & np.uint64(N_LAYERS - 1))
    # 8 bits for the strip, one for the sign, 23 for the place.
    x = (float(bits >> np.uint64(9)) + 0.5) * _TO_PLACE * WIDTH[layer]
    if x >= WIDTH[layer + 1]:
        x = _beside(state, layer, x)
    # Without a branch, which would be taken every other time.
    return float(x * (1.0 - float(bits & np.uint64(N_LAYERS)) * (2.0 / N_LAYERS)))


@apart
def _beside(state: State, layer: np.int64, x: float) -> float:
    """Decide on a point that may lie outside of the curve; another one if it does."""
    while True:
        if x < WIDTH[layer + 1]:
            return x
        if layer == 0:
            return _tail(state)
        low, high = HEIGHT[layer], HEIGHT[layer + 1]
        if low + uniform(state) * (high - low) < math.exp(-0.5 * x * x):
            return x
        bits = word(state)
        layer = np.int64(bits & np.uint64(N_LAYERS - 1))
        x = (float(bits >> np.uint64(9)) + 0.5) * _TO_PLACE * WIDTH[layer]


@lean
def _tail(state: State) -> float:
    """Draw a normal variate beyond the lowest strip (G. Marsaglia, 1964)."""
    while True:
        x = exponential(state) / TAIL
        if 2.0 * exponential(state) > x * x:
            return TAIL + x


@lean
def in_disc(state: State) -> tuple[float, float]:
    """Next point of the unit disc: of the square around it, the first one within."""
    while True:
        x, y = 2.0 * uniform(state) - 1.0, 2.0 * uniform(state) - 1.0
        if x * x + y * y < 1.0:
            return x, y


@apart
def poisson(state: State, mean: float) -> int:
    """Next Poisson variate; 0 where ``mean`` is not positive.

    Small means by inversion with one uniform, large ones by the transformed rejection
    PTRS of W. Hormann, Insurance: Mathematics and Economics 12 (1993) 39.
    """
    if not mean > 0.0:
        return 0
    if mean < _LARGE_MEAN:
        return _poisson_by_inversion(uniform(state), mean)
    spread = 0.931 + 2.53 * math.sqrt(mean)
    shift = -0.059 + 0.02483 * spread
    inverse_alpha = 1.1239 + 1.1328 / (spread - 3.4)
    squeeze = 0.9277 - 3.6224 / (spread - 2.0)
    while True:
        u = uniform(state) - 0.5
        v = uniform(state)
        distance = 0.5 - abs(u)
        k = math.floor((2.0 * shift / distance + spread) * u + mean + 0.43)
        if distance >= 0.07 and v <= squeeze:
            return int(k)
        if k < 0 or (distance < 0.013 and v > distance):
            continue
        density = k * math.log(mean) - mean - math.lgamma(k + 1.0)
        if math.log(v * inverse_alpha / (shift / distance**2 + spread)) <= density:
            return int(k)


@lean
def _poisson_by_inversion(u: float, mean: float) -> int:
    probability = math.exp(-mean)
    k = 0
    # A sum that stays below u by rounding ends when the probability underflows.
    while u > probability > 0.0:
        u -= probability
        k += 1
        probability *= mean / k
    return k


@apart
def gamma(state: State, shape: float) -> float:
    """Next gamma variate of scale 1, ``shape`` > 0.

    G. Marsaglia and W. Tsang, ACM TOMS 26 (2000) 363, with their power of a uniform for
    shapes below 1.
    """
    boost = 1.0
    if shape < 1.0:
        boost = uniform(state) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(state)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(uniform(state)) < 0.5 * x * x + d * (
            1.0 - v + math.log(v)
        ):
            return boost * d * v


@apart
def beta(state: State, a: float, b: float) -> float:
    """Next beta variate, as the share of one gamma variate in the sum of two."""
    first = gamma(state, a)
    return first / (first + gamma(state, b))
