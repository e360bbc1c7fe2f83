"""Tables of the ziggurat, which draws most normal variates without a logarithm.

The bell curve ``exp(-x**2 / 2)`` for x > 0 is covered by `N_LAYERS` strips of equal
area: all but the lowest are rectangles, the lowest one has the tail in it. A point of a
random strip is taken if it lies below the curve, which the width of the strip above
tells for 99 of 100 (G. Marsaglia and W. W. Tsang, J. Stat. Softw. 5 (2000) 8; with bits
of its own for the strip, as J. A. Doornik, "An improved ziggurat method", 2005).
"""

import math

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

N_LAYERS = 256
TAIL = 3.6541528853610088
"""Where the tail begins, for this number of strips."""


def _layers() -> tuple[F8, F8]:
    """Widths of the strips, the lowest first, and the height of the curve there.

    The lowest is as wide as if it were a rectangle of the same area. One more is added,
    of no width, at the top.
    """
    height = math.exp(-0.5 * TAIL * TAIL)
    tail = math.sqrt(0.5 * math.pi) * math.erfc(TAIL / math.sqrt(2.0))
    area = TAIL * height + tail
    width = np.zeros(N_LAYERS + 1)
    width[0], width[1] = area / height, TAIL
    for i in range(2, N_LAYERS):
        height += area / width[i - 1]
        width[i] = math.sqrt(-2.0 * math.log(height))
    return width, np.exp(-0.5 * width * width)


WIDTH, HEIGHT = _layers()
