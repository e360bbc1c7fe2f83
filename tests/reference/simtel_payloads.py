"""Write the payloads of event blocks, in the plainest way."""

import struct

import numpy as np

from reference.simtel_varint import encode, encode_differences, encode_signed


def pack(fmt, *values):
    return struct.pack("<" + fmt, *values)


def padded(payload):
    return payload + bytes(-len(payload) % 4)


def floats(values):
    return np.asarray(values, "<f4").tobytes()


def ints(values):
    return np.asarray(values, "<i4").tobytes()


def shorts(values):
    return np.asarray(values, "<i2").tobytes()


def varints(values):
    return b"".join(encode_signed(int(value)) for value in values)


def adc_samples(values, ranges=None):
    """Block 2013 version 3: ``values[c, p, s]``; only these ranges of pixels."""
    n_channels, n_pixels, n_samples = values.shape
    raw = pack("ihh", n_pixels, n_channels, n_samples)
    if ranges is not None:
        raw += encode_signed(len(ranges))
        for first, stop in ranges:
            # A single pixel is a negative number.
            one = stop == first + 1
            raw += varints([-first - 1] if one else [first, stop - 1])
    for channel in values:
        for first, stop in [(0, n_pixels)] if ranges is None else ranges:
            raw += b"".join(encode_differences(trace) for trace in channel[first:stop])
    return padded(raw)


def adc_sums(values, mode, is_kept=None, has_low=None, is_byte=None):
    """Block 2012 version 3: ``values[c, p]``.

    ``is_kept[p]`` in modes 1 and 2; ``has_low[p]`` and ``is_byte[p]`` in mode 2.
    """
    n_channels, n_pixels = values.shape
    raw = pack("ih", n_pixels, n_channels)
    if mode == 0:
        raw += b"".join(encode_differences(channel) for channel in values)
    if mode == 1:
        for first in range(0, n_pixels, 16):
            pixels = [p for p in range(first, min(first + 16, n_pixels)) if is_kept[p]]
            raw += pack("H", sum(1 << (p - first) for p in pixels))
            for channel in reversed(values):
                raw += encode_differences(channel[pixels])
    if mode == 2:
        pixels = np.flatnonzero(is_kept)
        marks = 0x4000 * is_byte[pixels] + 0x2000 * ~has_low[pixels]
        raw += pack("h", len(pixels)) + (pixels + marks).astype("<u2").tobytes()
        wide = pixels[~is_byte[pixels]]
        if n_channels > 1:
            raw += encode_differences(values[1][wide[has_low[wide]]])
        raw += encode_differences(values[0][wide])
        raw += values[0][pixels[is_byte[pixels]]].astype("u1").tobytes()
    return padded(raw)


def central_event(
    version, times, triggered=(), delays=(), masks=(), by_type=(), data=()
):
    """Block 2009. ``by_type[k]``: times of the triggers in mask ``k``, if several."""
    raw = ints(times) + pack("ii", 5, 9)
    if version >= 1:
        raw += pack("h", len(triggered)) + shorts(triggered) + floats(delays)
        raw += pack("h", len(data)) + shorts(data)
    if version >= 2:
        raw += b"".join(encode(mask) for mask in masks)
        raw += b"".join(floats(times) for times in by_type)
    if version >= 3:
        raw += floats([1.0, 2.0, 3.0])
    return padded(raw)


def shower(version, values, profiles=()):
    """Block 2020. Values in the order of ``kernels.simtel.showers.SHOWER``."""
    primary, energy, azimuth, altitude, depth, h_first_int, x_max = values
    raw = pack("ifff", int(primary), energy, azimuth, altitude)
    raw += floats([depth]) if version >= 1 else b""
    raw += floats([h_first_int, x_max])
    raw += floats([7.0, 8.0, 9.0]) if version >= 1 else b""
    raw += pack("h", len(profiles))
    for profile in profiles:
        raw += pack("iiff", 1, len(profile), 0.0, 1.0) + floats(profile)
    if version >= 2:
        extra = floats([1.5]) + encode(2) + encode(1) + ints([3, 4]) + floats([5.0])
        extra = padded(extra)
        raw += pack("IiI", 1215, 0, len(extra)) + extra
    return padded(raw)


def mc_event(version, shower_id, core):
    """Block 2021."""
    return pack("i", shower_id) + floats([*core, 1.0] if version >= 2 else core)


def photo_electron_sums(version, shower_id, sums):
    """Block 2026."""
    n = len(sums)
    raw = pack("ii", shower_id, n) + ints(sums) + bytes(4 * n)
    return raw + bytes(4 * n * (4 * (version >= 1) + (version >= 2)))


def photo_electrons(version, image, flags=0):
    """Block 1208: times of all photo-electrons are 0."""
    pixels = np.flatnonzero(image)
    raw = pack("ii", int(image.sum()), image.size)
    raw += pack("h", flags) if version > 1 else b""
    raw += pack("i", len(pixels))
    for p in pixels:
        raw += encode_signed(int(p)) if version > 2 else pack("h", p)
        raw += pack("i", image[p]) + bytes(4 * image[p] * (2 if flags & 1 else 1))
    if flags & 4 and version > 1:
        raw += pack("i", len(pixels)) + b"".join(pack("hi", p, 1) for p in pixels)
    return padded(raw)


def tel_header(
    version, numbers, source, sectors=None, times=None, addresses=None, tail=()
):
    """Block 2011. ``tail``: readout time, trigger time, start of the readout."""
    flags = source | 0x100 * (sectors is not None) | 0x200 * (addresses is not None)
    raw = ints(numbers) + pack("h", flags | 0x400 * (times is not None))

    def listed(values):
        if version <= 1:
            return pack("h", len(values)) + shorts(values)
        return encode_signed(len(values)) + varints(values)

    raw += listed(sectors) if sectors is not None else b""
    raw += floats(times) if times is not None else b""
    raw += listed(addresses) if addresses is not None else b""
    raw += floats(tail[:2]) if version >= 3 else b""
    raw += ints(tail[2:]) if version >= 4 else b""
    return padded(raw)


def pixel_list(version, pixels):
    """Block 2027."""
    if version < 1:
        return padded(pack("h", len(pixels)) + shorts(pixels))
    return padded(encode_signed(len(pixels)) + varints(pixels))


def pixel_timing(version, times, n_channels, ranges=None, *, sums=True, split=False):
    """Block 2016: ``times[p, t]`` in steps of 0.5, NaN where there is no pulse.

    ``ranges`` lists pixels by first and last one, else one by one.
    """
    n_pixels, n_types = times.shape
    pixels = np.flatnonzero(~np.isnan(times[:, 0])) if n_types else np.arange(0)

    def numbers(values):
        return shorts(values) if version < 2 else varints(values)

    width = 3 if sums else -1
    raw = numbers([n_pixels]) + pack("hhh", n_channels, width, width)
    if ranges is None:
        raw += pack("h", 1) + numbers([len(pixels)]) + numbers(pixels)
    else:
        inclusive = [value for first, stop in ranges for value in (first, stop - 1)]
        raw += pack("h", 2) + numbers([len(ranges)]) + numbers(inclusive)
    raw += pack("hh", -5 if split else 5, n_types) + bytes(6 * n_types)
    raw += floats([0.5, 7.0])
    for p in pixels:
        raw += shorts(np.rint(times[p] * 2))
        raw += varints(range(n_channels * sums * (1 + split)))
    if sums and len(pixels) and not split:
        raw += varints([1000] * n_channels * n_pixels)
    return padded(raw)
