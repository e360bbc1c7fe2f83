"""Slow, obvious noise on waveforms: what `kernels.waveform_modifier` must equal."""

from reference.pixel_streams import uniforms

NOISE = 4


def choose(u, n, m):
    """Floyd's sample: the last number stands in for one that is taken."""
    chosen = []
    for last in range(n - m, n):
        number = int(next(u) * (last + 1))
        chosen.append(last if number in chosen else number)
    return chosen


def add_waveform_noise(waveform, channel, noise, n_added, independent, seed, key):
    """One event: ``waveform[p, s]``, ``noise[n, c, p, s]`` of its telescope."""
    new = waveform.astype(float)
    for pixel in range(len(waveform)):
        u = uniforms(seed, NOISE, *key, pixel if independent else 0)
        for i in choose(u, len(noise), n_added):
            new[pixel] += noise[i, channel[pixel], pixel]
    return new
