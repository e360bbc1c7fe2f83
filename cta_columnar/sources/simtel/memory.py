"""Large arrays that are used again once nobody looks at them any more."""

import sys
from dataclasses import dataclass, field

import numpy as np

from cta_columnar.array_types import I1, AnyArray, Mask

# An array that only its `Image` refers to: by the attribute, and by the call.
_UNUSED = 2


@dataclass(eq=False)
class Image:
    """Memory for the raw images of many telescope events.

    Attributes
    ----------
    waveform : uint16 or uint32 [e, c, p, s]
        Raw counts.
    is_dirty : bool[e]
        Whether any channel but the first was ever written.
    is_being_filled : bool
        Whether someone took it and has made no view of it yet.
    """

    waveform: AnyArray
    is_dirty: Mask = field(init=False)
    is_being_filled: bool = False

    def __post_init__(self) -> None:
        self.is_dirty = np.zeros(len(self.waveform), np.bool_)

    def is_unused(self) -> bool:
        """Whether no view of the array is left, in Arrow or elsewhere."""
        if self.is_being_filled:
            return False
        return sys.getrefcount(self.waveform) <= _UNUSED

    def rows(self, n: int) -> AnyArray:
        """View of the first ``n`` images, now that they are complete."""
        self.is_being_filled = False
        return self.waveform[:n]

    def clear_low_gain(self, first: int, n_decoded: I1) -> None:
        """Zero the channels that were not decoded, in rows from ``first`` on.

        Fresh memory is zero, and costs nothing until it is touched.
        """
        n_channels = self.waveform.shape[1]
        rows = slice(first, first + n_decoded.size)
        is_full = n_decoded == n_channels
        for row in np.flatnonzero(self.is_dirty[rows] & ~is_full) + first:
            self.waveform[row, 1:] = 0
        self.is_dirty[rows] = is_full


class Pool:
    """Hands out memory, and takes back what nobody uses any more.

    New pages are expensive: the system zeroes each when it is first touched.
    """

    def __init__(self) -> None:
        self._images: dict[tuple[tuple[int, ...], str], list[Image]] = {}

    def take(self, shape: tuple[int, ...], dtype: type[np.generic]) -> Image:
        """Memory of this shape, zero but for channels marked as dirty."""
        of_kind = self._images.setdefault((shape, np.dtype(dtype).str), [])
        image = next((each for each in of_kind if each.is_unused()), None)
        if image is None:
            image = Image(np.zeros(shape, dtype))
            of_kind.append(image)
        image.is_being_filled = True
        return image
