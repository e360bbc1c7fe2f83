"""What sim_telarray itself made of images: parameters (2014), direction (2015).

We simulate neither. Files have them, so readers must get along with them, and tests
need some.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cta_columnar.kernels.simtel.block_types import IMAGE_PARAMETERS
from cta_columnar.simulation.simtel.framing import packed_telescope
from cta_columnar.simulation.simtel.packing import (
    floats,
    pack,
    shorts,
    signed,
    signed_varints,
)
from cta_columnar.simulation.simtel.versions import check_version

# Groups of values that may be there: a bit of the id each.
ERRORS, HIGHER_MOMENTS, HOT_PIXELS, TIMING = 0x100, 0x200, 0x400, 0x800
_CUT_ID = 12


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageParameters:
    """Content of block 2014; values in the order of the format.

    Attributes
    ----------
    pixels, n_sat : int
        Pixels in the image; of these, saturated.
    clip_amp : float
        Where they are (only stored if there are any).
    moments : six of float
        Amplitude, x, y, angle, length, width.
    n_conc, concentration : int, float
        Pixels, and their share of the amplitude.
    errors, higher_moments, timing : five, four, five of float
        Optional groups.
    hot_amp, hot_pixel : float[n], int[n]
        Brightest pixels; optional.
    """

    pixels: int
    moments: Sequence[float]
    n_sat: int = 0
    clip_amp: float = 0.0
    n_conc: int = 3
    concentration: float = 0.0
    errors: Sequence[float] = ()
    higher_moments: Sequence[float] = ()
    hot_amp: ArrayLike | None = None
    hot_pixel: ArrayLike = ()
    timing: Sequence[float] = ()


def image_parameters_id(tel_id: int, content: ImageParameters, cut_id: int = 0) -> int:
    """Id of a block 2014: telescope, cleaning, and which groups there are."""
    flags = ERRORS * bool(content.errors) | TIMING * bool(content.timing)
    flags |= HIGHER_MOMENTS * bool(content.higher_moments)
    flags |= HOT_PIXELS * (content.hot_amp is not None)
    return packed_telescope(tel_id) | flags | cut_id << _CUT_ID


def image_parameters(content: ImageParameters, version: int = 5) -> bytes:
    """Payload of a block 2014.

    Version 6 has room for more than 32767 pixels.
    """
    check_version(IMAGE_PARAMETERS, version)
    c = content
    counts = (c.pixels, c.n_sat)
    pieces = [shorts(counts) if version < 6 else signed(*counts)]
    if c.n_sat > 0:
        pieces.append(pack("f", c.clip_amp))
    pieces.append(pack("6fhf", *c.moments, c.n_conc, c.concentration))
    pieces += [floats(c.errors), floats(c.higher_moments)]
    if c.hot_amp is not None:
        n_hot = np.size(c.hot_amp)
        pieces.append(pack("h", n_hot) if version < 6 else signed(n_hot))
        pieces.append(floats(c.hot_amp))
        numbers = shorts if version < 6 else signed_varints
        pieces.append(numbers(c.hot_pixel))
    pieces.append(floats(c.timing))
    return b"".join(pieces)


# Groups of values of block 2015, in its order: how many there are. Bits of the id.
_STEREO_SIZES = (2, 3, 2, 3, 2, 2, 1, 1, 1, 1)


def stereo_reconstruction(
    n_trg: int, n_read: int, img_pattern: Sequence[int], groups: Sequence[ArrayLike]
) -> tuple[int, bytes]:
    """Id and payload of a block 2015.

    Parameters
    ----------
    n_trg, n_read : int
        Telescopes that triggered, and that were read out.
    img_pattern : sequence of int
        Telescopes whose images were used.
    groups : ten of float[...]
        Direction, its errors, core, its errors, shape, its errors, energy, its error,
        depth of maximum, its error; those that are empty are left out.

    Raises
    ------
    ValueError
        If a group has another size.
    """
    result_bits, pieces = 0, []
    for bit, (group, size) in enumerate(zip(groups, _STEREO_SIZES, strict=True)):
        if np.size(group) not in (0, size):
            raise ValueError(f"group {bit} has {np.size(group)} values, not {size}")
        result_bits |= (np.size(group) > 0) << bit
        pieces.append(floats(group))
    pattern = sum(1 << (tel_id - 1) for tel_id in img_pattern)
    head = pack("3hI", n_trg, n_read, len(img_pattern), pattern)
    return result_bits, head + b"".join(pieces)
