"""How signals are read out (2004), and settings that readers skip (2006-2008)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import PIXEL_SETTINGS
from cta_columnar.simulation.simtel.packing import (
    floats,
    halves,
    ints,
    pack,
    shorts,
    signed,
)
from cta_columnar.simulation.simtel.versions import check_version


@dataclass(frozen=True, eq=False, kw_only=True)
class PixelSettings:
    """Content of block 2004; names as in eventio, in lower case.

    Attributes
    ----------
    pixel_hv_dac : int[p]
        High voltage.
    threshold_dac, adc_start, adc_count : int[m]
        Of each module; there may be none.
    time_slice : float
        Length of a sample, ns.
    sum_bins : int
        Samples that are read out.
    ref_shape : float[c, n]
        Pulse of each gain channel; their highest value is 1.
    ref_step : float
        Step between its values, ns.
    sum_offset : int
        Samples before the trigger.
    """

    pixel_hv_dac: NDArray[np.int64]
    time_slice: float
    sum_bins: int
    ref_shape: NDArray[np.float64] | NDArray[np.float16]
    ref_step: float
    sum_offset: int = 0
    threshold_dac: ArrayLike = ()
    adc_start: ArrayLike = ()
    adc_count: ArrayLike = ()
    setup_id: int = 0
    trigger_mode: int = 0
    min_pixel_mult: int = 3


def pixel_settings(content: PixelSettings, version: int = 3) -> bytes:
    """Payload of a block 2004; its id is the telescope."""
    check_version(PIXEL_SETTINGS, version)
    c = content
    n_drawers = pack("i", np.size(c.threshold_dac))
    pieces = [
        pack("3i", c.setup_id, c.trigger_mode, c.min_pixel_mult),
        pack("i", len(c.pixel_hv_dac)),
        ints(c.pixel_hv_dac),
        n_drawers,
        ints(c.threshold_dac),
        n_drawers,
        shorts(c.adc_start),
        shorts(c.adc_count),
    ]
    if version >= 1:
        pieces.append(pack("fi", c.time_slice, c.sum_bins))
    if version >= 2:
        pieces += [signed(*np.shape(c.ref_shape)), pack("f", c.ref_step)]
        pieces.append(halves(c.ref_shape))
    if version >= 3:
        pieces.append(pack("i", c.sum_offset))
    return b"".join(pieces)


def camera_software(
    modes: Sequence[int] = (0,) * 6,
    thresholds: ArrayLike = (),
    periods: Sequence[int] = (0,) * 8,
) -> bytes:
    """Payload of a block 2006; its id is the telescope.

    Parameters
    ----------
    modes : six of int
        Trigger mode and threshold, the same of the high voltage, modes of data
        reduction and of zero suppression.
    thresholds : int[...]
        Of zero suppression.
    periods : eight of int
        Scale; mode, events and period of pedestals; periods of monitoring and reports
        of the current, and of the high voltage.
    """
    count = pack("i", np.size(thresholds))
    return pack("6i", *modes) + count + ints(thresholds) + pack("8i", *periods)


def pointing_correction(function_type: int = 0, parameters: ArrayLike = ()) -> bytes:
    """Payload of a block 2007; its id is the telescope."""
    return pack("2i", function_type, np.size(parameters)) + floats(parameters)


@dataclass(frozen=True, kw_only=True)
class DriveSettings:
    """Content of block 2008: azimuth, then altitude, of each; rad."""

    drive_type: tuple[int, int] = (0, 0)
    zeropoint: tuple[float, float] = (0.0, 0.0)
    sign: tuple[float, float] = (1.0, 1.0)
    resolution: tuple[float, float] = (0.0, 0.0)
    range_low: tuple[float, float] = (0.0, 0.0)
    range_high: tuple[float, float] = (0.0, 0.0)
    park_pos: tuple[float, float] = (0.0, 0.0)


def drive_settings(content: DriveSettings) -> bytes:
    """Payload of a block 2008; its id is the telescope."""
    c = content
    angles = (c.zeropoint, c.sign, c.resolution, c.range_low, c.range_high, c.park_pos)
    values = [value for pair in angles for value in pair]
    return pack("2h12f", *c.drive_type, *values)
