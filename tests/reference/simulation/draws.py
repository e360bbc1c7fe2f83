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


def normal_pair(u):
    r, phi = math.sqrt(2 * -math.log(next(u))), math.tau * next(u)
    return r * math.cos(phi), r * math.sin(phi)


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
        x = normal_pair(u)[0]
        y = 1 + x / math.sqrt(9 * d)
        if y > 0 and next(u) < math.exp(x**2 / 2 + d - d * y**3 + d * math.log(y**3)):
            return d * y**3
