"""Slow, obvious twins of ``kernels.simtel.encoding``."""

import struct

from reference.simtel_varint import encode, encode_differences, encode_signed


def unsigned_integers(values):
    return b"".join(encode(int(value)) for value in values)


def signed_integers(values):
    return b"".join(encode_signed(int(value)) for value in values)


def traces(values):
    return b"".join(encode_differences(row) for row in values)


def count_pixels(pixel):
    return len(set(pixel.tolist()))


def photo_electrons(pixel, time, amplitude, is_wide):
    raw = b""
    for p in sorted(set(pixel.tolist())):
        of_pixel = pixel == p
        raw += encode_signed(p) if is_wide else struct.pack("<h", p)
        raw += struct.pack("<i", of_pixel.sum())
        raw += b"".join(struct.pack("<f", t) for t in time[of_pixel])
        if len(amplitude):
            raw += b"".join(struct.pack("<f", a) for a in amplitude[of_pixel])
    return raw
