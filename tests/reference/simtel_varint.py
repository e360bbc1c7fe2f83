"""Slow, obvious variable-length integers."""


def encode(value):
    """Unsigned integer below 2**64."""
    for length in range(1, 9):
        if value < 1 << 7 * length:
            prefix = (0xFF00 >> (length - 1)) & 0xFF
            first = (prefix if length > 1 else 0) | value >> 8 * (length - 1)
            tail = value & ((1 << 8 * (length - 1)) - 1)
            return bytes([first]) + tail.to_bytes(length - 1, "big")
    return b"\xff" + value.to_bytes(8, "big")


def fold(value):
    return 2 * value if value >= 0 else -2 * value - 1


def encode_signed(value):
    return encode(fold(value))


def encode_differences(values):
    last, out = 0, b""
    for value in values:
        out += encode_signed(int(value) - last)
        last = int(value)
    return out


def decode(data, pos):
    """Value and position behind it, of an unsigned integer."""
    bits = f"{data[pos]:08b}"
    n_ones = len(bits) - len(bits.lstrip("1"))
    value = int("0" + bits[n_ones + 1 :], 2)
    raw = data[pos + 1 : pos + 1 + n_ones]
    if len(raw) < n_ones:
        raise EOFError
    return value << 8 * n_ones | int.from_bytes(raw, "big"), pos + 1 + n_ones


def decode_signed(data, pos):
    value, pos = decode(data, pos)
    return (-(value >> 1) - 1 if value & 1 else value >> 1), pos
