"""How the payload of a block may end."""

from cta_columnar.kernels._jit import njit
from cta_columnar.kernels.simtel import codes

# Blocks are filled up to a multiple of four bytes.
MAX_PADDING = 3


@njit
def ending(pos: int, end: int) -> int:
    """Code for a block that ends at ``end`` and was decoded up to ``pos``.

    A negative ``pos`` stands for an invalid variable-length integer.
    """
    if pos < 0:
        return codes.BAD_VARINT
    if pos > end:
        return codes.TOO_SHORT
    return codes.OK if end - pos <= MAX_PADDING else codes.LEFT_OVER
