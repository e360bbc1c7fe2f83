"""Samples as integers whose largest marks the first maximum of a trace."""

import math

import numpy as np

from cta_columnar.kernels._jit import inline

NO_RANK = np.int64(-(2**63))
"""Less than any rank."""
SAMPLES_LEFT = 0xFFFFFFFF
"""The part of a rank that holds the samples left."""
_LOWEST = np.int32(-(2**31))
_HIGHEST = np.int32(2**31 - 1)


@inline
def rank(value: np.float32, samples_left: int) -> np.int64:
    """Integer that grows with the value, and at equal values with what is left.

    The largest rank of a trace marks its first maximum. LLVM turns a maximum of
    integers into vectors, but not one of floats, for the sake of NaN and of -0.0. As
    in NumPy, NaN counts as largest.
    """
    bits = np.float32(value).view(np.int32)
    # The bits of positive floats are ordered as integers, those of negative ones in
    # reverse, from -0.0 on.
    if bits < 0:
        bits = np.int32(_LOWEST - bits)
    if math.isnan(value):
        bits = _HIGHEST
    return (np.int64(bits) << 32) | samples_left
