"""Random streams of pixels: what `kernels.pixel_streams` must equal."""

import itertools

from reference.random import philox4x32


def words(seed, stream, obs_id, event_id, tel_id, pixel):
    """All words of a pixel, one after the other."""
    event_id, obs_id = event_id % 2**64, obs_id % 2**64
    counter = [*divmod(event_id, 2**32)[::-1], *divmod(obs_id, 2**32)[::-1]]
    key = philox4x32(counter, [seed, stream * 2**16 + tel_id])
    for block in itertools.count():
        yield from philox4x32([block, pixel, *key[:2]], key[2:])


def uniforms(*key):
    return ((word + 0.5) / 2**32 for word in words(*key))
