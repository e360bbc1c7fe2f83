"""Random streams in Python numbers: what `kernels.simulation.draws` must equal."""

import itertools
import math

from reference.random import philox4x32


def words(seed, run, stream, use, shower):
    """All words of a stream, one after the other."""
    for block in itertools.count():
        yield from philox4x32([block, stream, use, shower], [seed, run])


def uniforms(*key):
    return ((word + 0.5) / 2**32 for word in words(*key))


def bell(x):
    return math.exp(-(x**2) / 2)


def strips(n, tail):
    """Widths of strips of equal area under the bell curve, from the lowest up."""
    beyond = math.sqrt(math.pi / 2) * math.erfc(tail / math.sqrt(2))
    area = tail * bell(tail) + beyond
    widths, height = [area / bell(tail), tail], bell(tail)
    while len(widths) < n:
        height += area / widths[-1]
        widths.append(math.sqrt(-2 * math.log(height)))
    return [*widths, 0.0]


STRIPS = strips(256, 3.6541528853610088)


def normal(u):
    """Take a random point of a random strip, until one lies below the bell curve."""
    sign = None
    while True:
        word = int(next(u) * 2**32)
        if sign is None:
            sign = -1 if word >> 8 & 1 else 1
        i = word % 256
        x = ((word >> 9) + 0.5) / 2**23 * STRIPS[i]
        if x < STRIPS[i + 1]:
            return sign * x
        if i == 0:
            return sign * tail(u)
        low, high = bell(STRIPS[i]), bell(STRIPS[i + 1])
        if low + next(u) * (high - low) < bell(x):
            return sign * x


def tail(u):
    while True:
        x, y = -math.log(next(u)) / STRIPS[1], -math.log(next(u))
        if 2 * y > x**2:
            return STRIPS[1] + x


def poisson_quantile(u, mean):
    """Smallest count whose cumulative probability reaches ``u``."""
    for k in range(1000):
        terms = (
            math.exp(i * math.log(mean) - mean - math.lgamma(i + 1))
            for i in range(k + 1)
        )
        if math.fsum(terms) >= u:
            return k
    raise ValueError(u)


def gamma(u, shape):
    if shape < 1:
        power = next(u) ** (1 / shape)
        return power * gamma(u, shape + 1)
    d = shape - 1 / 3
    while True:
        x = normal(u)
        y = 1 + x / math.sqrt(9 * d)
        if y > 0 and next(u) < math.exp(x**2 / 2 + d - d * y**3 + d * math.log(y**3)):
            return d * y**3
