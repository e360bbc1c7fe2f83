"""Photo-electrons in the order that cameras read them: by pixel, then by time."""

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels._jit import lean, njit

I4 = NDArray[np.int32]
F4 = NDArray[np.float32]

# Up to so many times of a pixel are sorted by inserting one after the other.
_FEW = 24


@njit
def sorted_by_pixel(pixels: I4, times: F4) -> tuple[I4, F4]:
    """Sort photo-electrons by pixel, then by time."""
    n = pixels.size
    place = np.zeros((pixels.max() if n else 0) + 1, np.int64)
    for i in range(n):
        place[pixels[i]] += 1
    start = 0
    for p in range(place.size):
        place[p], start = start, start + place[p]
    out_pixels, out_times = np.empty_like(pixels), np.empty_like(times)
    for i in range(n):
        at = place[pixels[i]]
        place[pixels[i]] += 1
        out_pixels[at], out_times[at] = pixels[i], times[i]
    # Each place is now that of the next pixel.
    start = 0
    for end in place:
        if end - start > _FEW:
            out_times[start:end].sort()
        start = end
    _insert(out_pixels, out_times)
    return out_pixels, out_times


@lean
def _insert(pixels: I4, times: F4) -> None:
    """Sort times within each pixel, few of which are out of order."""
    for i in range(1, times.size):
        time = times[i]
        j = i
        while j > 0 and pixels[j - 1] == pixels[i] and times[j - 1] > time:
            times[j] = times[j - 1]
            j -= 1
        times[j] = time
