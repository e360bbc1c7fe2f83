"""Slow, obvious bookkeeping of stored waveforms: `kernels.stored_pixels`."""


def places(status):
    """(channel, pixel) of each stored waveform of one event, in order."""
    found = []
    for pixel, bits in enumerate(status.tolist()):
        is_stored, has_high, has_low = bits % 2 == 1, bits // 4 % 2, bits // 8 % 2
        if is_stored and has_high:
            found.append((0, pixel))
        if is_stored and has_low:
            found.append((1, pixel))
    return found


def gather_stored(waveform, status):
    n_channels = len(waveform)
    return [waveform[min(c, n_channels - 1), p] for c, p in places(status)]


def spread_stored(stored, status, waveform):
    out = waveform.copy()
    for row, (channel, pixel) in zip(stored, places(status), strict=True):
        out[min(channel, len(out) - 1), pixel] = row
    return out
