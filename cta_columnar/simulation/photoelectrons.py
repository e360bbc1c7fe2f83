"""Photo-electrons of one array event: what light hands to electronics and writer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PhotoElectrons:
    """Cherenkov photo-electrons of all telescopes in one array event, no night sky.

    Sorted by telescope, then pixel, then time.

    Attributes
    ----------
    offsets : int64[t + 1]
        Those of telescope ``k`` lie in ``[offsets[k], offsets[k + 1])``; ``k`` counts
        the telescopes of the array, not their ids.
    pixel : int32[n]
        Index of the pixel in the camera.
    time : float32[n]
        Arrival time in ns, on one clock for the array: 0 is when a plane wave along the
        shower axis reaches the core at ground level.
    """

    offsets: NDArray[np.int64]
    pixel: NDArray[np.int32]
    time: NDArray[np.float32]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of photo-electrons per telescope, int64[t]."""
        return np.diff(self.offsets)

    def telescope(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Pixels and times of the telescope with this index, as views."""
        part = slice(self.offsets[index], self.offsets[index + 1])
        return self.pixel[part], self.time[part]

    def image(self, index: int, n_pixels: int) -> NDArray[np.int64]:
        """Count per pixel, the true image of one telescope, int64[p]."""
        return np.bincount(self.telescope(index)[0], minlength=n_pixels)
