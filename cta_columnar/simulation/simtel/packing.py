"""Values as eventio stores them in payloads: little-endian, nothing aligned.

Formats: eventio documentation of K. Bernlöhr's hessio, as read by pyeventio.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel import encoding

Text = str | bytes


def pack(fmt: str, *values: float) -> bytes:
    """Pack as `struct` does, little-endian and without gaps."""
    return struct.pack("<" + fmt, *values)


def shorts(values: ArrayLike) -> bytes:
    """16-bit integers."""
    return _integers(values, "<i2")


def unsigned_shorts(values: ArrayLike) -> bytes:
    """16-bit integers that are not negative."""
    return _integers(values, "<u2")


def ints(values: ArrayLike) -> bytes:
    """32-bit integers."""
    return _integers(values, "<i4")


def octets(values: ArrayLike) -> bytes:
    """8-bit integers that are not negative."""
    return _integers(values, "u1")


def halves(values: ArrayLike) -> bytes:
    """16-bit floats."""
    return _floats(values, "<f2")


def floats(values: ArrayLike) -> bytes:
    """32-bit floats."""
    return _floats(values, "<f4")


def doubles(values: ArrayLike) -> bytes:
    """64-bit floats."""
    return _floats(values, "<f8")


def _floats(values: ArrayLike, dtype: str) -> bytes:
    return np.asarray(values).astype(dtype).tobytes()


def _integers(values: ArrayLike, dtype: str) -> bytes:
    wanted = np.asarray(values)
    stored = wanted.astype(dtype)
    if not np.array_equal(stored, wanted):
        raise ValueError(
            f"{wanted[stored != wanted].ravel()[:3]} cannot be stored as {dtype}"
        )
    return stored.tobytes()


def text(value: Text) -> bytes:
    """Text after its length in bytes, of 16 bits."""
    raw = _encoded(value)
    return pack("h", len(raw)) + raw


def long_text(value: Text) -> bytes:
    """Text after its length in bytes, a variable-length integer."""
    raw = _encoded(value)
    return unsigned(len(raw)) + raw


def _encoded(value: Text) -> bytes:
    return value.encode() if isinstance(value, str) else value


def unsigned(*values: int) -> bytes:
    """Variable-length integers that are not negative."""
    return unsigned_varints(np.array(values, np.int64))


def signed(*values: int) -> bytes:
    """Variable-length integers."""
    return signed_varints(np.array(values, np.int64))


def unsigned_varints(values: ArrayLike) -> bytes:
    """Like `unsigned`, of an array.

    Raises
    ------
    ValueError
        If one is negative.
    """
    numbers = _as_int64(values)
    if (numbers < 0).any():
        raise ValueError(f"{numbers.min()} is negative")
    return encoding.unsigned_integers(numbers).tobytes()


def signed_varints(values: ArrayLike) -> bytes:
    """Like `signed`, of an array."""
    return encoding.signed_integers(_as_int64(values)).tobytes()


def _as_int64(values: ArrayLike) -> NDArray[np.int64]:
    return np.ascontiguousarray(values, np.int64).reshape(-1)


def differences(values: NDArray[Any]) -> memoryview:
    """Arrays along the last axis, as differences of neighbours.

    Parameters
    ----------
    values : uint16[..., n] or uint32[..., n]
        The arrays.
    """
    if values.dtype not in (np.uint16, np.uint32):
        raise ValueError(f"{values.dtype} cannot be stored as differences")
    rows = int(np.prod(values.shape[:-1], dtype=np.int64))
    flat = np.ascontiguousarray(values).reshape(rows, values.shape[-1])
    return encoding.traces(flat).data
