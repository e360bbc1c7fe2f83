"""Little-endian numbers out of a byte buffer. Callers check the bounds."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from cta_columnar.kernels._jit import inline
from cta_columnar.kernels._types import U1

# The NumPy types, seen by type checkers as plain integers.
int64 = cast("Callable[[Any], int]", np.int64)
# An unsigned index spares the test for negative ones.
index = cast("Callable[[Any], int]", np.uintp)


@inline
def u1(data: U1, pos: int) -> int:
    """Byte at ``pos``."""
    return int64(data[index(pos)])


@inline
def u2(data: U1, pos: int) -> int:
    """Unsigned 16-bit integer at ``pos``."""
    return u1(data, pos) | u1(data, pos + 1) << 8


@inline
def i2(data: U1, pos: int) -> int:
    """Signed 16-bit integer at ``pos``."""
    return (u2(data, pos) ^ 0x8000) - 0x8000


@inline
def u4(data: U1, pos: int) -> int:
    """Unsigned 32-bit integer at ``pos``."""
    return u2(data, pos) | u2(data, pos + 2) << 16


@inline
def i4(data: U1, pos: int) -> int:
    """Signed 32-bit integer at ``pos``."""
    return (u4(data, pos) ^ 0x80000000) - 0x80000000


@inline
def f4(data: U1, pos: int) -> np.float32:
    """32-bit float at ``pos``."""
    return np.uint32(u4(data, pos)).view(np.float32)
