"""What belongs to one telescope in an event: header (2011), lists (2027), tracking."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cta_columnar.kernels.simtel.block_types import PIXEL_LIST, TEL_EVENT_HEADER
from cta_columnar.simulation.simtel.framing import packed_telescope
from cta_columnar.simulation.simtel.packing import (
    floats,
    pack,
    shorts,
    signed,
    signed_varints,
)
from cta_columnar.simulation.simtel.versions import check_version

# What a list of pixels may be of.
TRIGGERED, SELECTED = 0, 1
_LIST_CODE = 1_000_000
_HAS_SECTORS, _HAS_ADDRESSES, _HAS_TIMES = 0x100, 0x200, 0x400
HAS_RAW, HAS_CORRECTED = 0x100, 0x200


@dataclass(frozen=True, eq=False, kw_only=True)
class TelescopeEventHeader:
    """Content of block 2011; names as in eventio.

    Attributes
    ----------
    loc_count, glob_count : int
        Events of the telescope; id of the array event.
    cpu_time, gps_time : pair of int
        s and ns since 1970.
    trg_source : int
        1: internal.
    list_trgsect : int[n] or None
        Pixels or sectors that triggered.
    time_trgsect : float[n] or None
        When, ns (from version 1 on).
    phys_addr : int[m] or None
        Of no use to readers.
    readout_time, relative_trigger_time : float
        ns, on the clock of true photo-electrons; from version 3 on.
    start_readout : int
        First sample that is read out; from version 4 on.
    """

    loc_count: int
    glob_count: int
    cpu_time: tuple[int, int] = (0, 0)
    gps_time: tuple[int, int] = (0, 0)
    trg_source: int = 1
    list_trgsect: ArrayLike | None = None
    time_trgsect: ArrayLike | None = None
    phys_addr: ArrayLike | None = None
    readout_time: float = 0.0
    relative_trigger_time: float = 0.0
    start_readout: int = 0


def telescope_event_header(content: TelescopeEventHeader, version: int = 4) -> bytes:
    """Payload of a block 2011; its id is the telescope."""
    check_version(TEL_EVENT_HEADER, version)
    c = content
    has_times = c.list_trgsect is not None and c.time_trgsect is not None
    flags = c.trg_source | _HAS_SECTORS * (c.list_trgsect is not None)
    flags |= _HAS_ADDRESSES * (c.phys_addr is not None)
    flags |= _HAS_TIMES * (has_times and version >= 1)
    head = pack("6ih", c.loc_count, c.glob_count, *c.cpu_time, *c.gps_time, flags)
    pieces = [head]
    if c.list_trgsect is not None:
        pieces.append(_listed(c.list_trgsect, is_short=version <= 1))
    if c.time_trgsect is not None and flags & _HAS_TIMES:
        pieces.append(floats(c.time_trgsect))
    if c.phys_addr is not None:
        pieces.append(_listed(c.phys_addr, is_short=version <= 1))
    if version >= 3:
        pieces.append(pack("2f", c.readout_time, c.relative_trigger_time))
    if version >= 4:
        pieces.append(pack("i", c.start_readout))
    return b"".join(pieces)


def _listed(values: ArrayLike, *, is_short: bool) -> bytes:
    """Integers after their count."""
    if is_short:
        return pack("h", np.size(values)) + shorts(values)
    return signed(np.size(values)) + signed_varints(values)


def pixel_list_id(tel_id: int, code: int = TRIGGERED) -> int:
    """Id of a block 2027."""
    return tel_id + _LIST_CODE * code


def pixel_list(pixels: ArrayLike, version: int = 0) -> bytes:
    """Payload of a block 2027.

    Parameters
    ----------
    pixels : int[n]
        The pixels.
    version : int
        1 has room for more than 32767 pixels.
    """
    check_version(PIXEL_LIST, version)
    return _listed(pixels, is_short=version < 1)


def tracking_id(tel_id: int, flags: int = HAS_RAW) -> int:
    """Id of a block 21xx: telescope, and whether it has `HAS_RAW`, `HAS_CORRECTED`."""
    return packed_telescope(tel_id) | flags


def tracking_position(
    raw: tuple[float, float] | None, corrected: tuple[float, float] | None = None
) -> bytes:
    """Payload of a block 21xx.

    Parameters
    ----------
    raw, corrected : pair of float, optional
        Azimuth and altitude, rad, as the drive has it, and corrected; the id must say
        which there are.
    """
    return b"".join(pack("2f", *pair) for pair in (raw, corrected) if pair is not None)


def pixel_trigger_times(time_step: float, pixels: ArrayLike, times: ArrayLike) -> bytes:
    """Payload of a block 2032; its id is the telescope.

    Parameters
    ----------
    time_step : float
        Unit of times, ns.
    pixels, times : int[n]
        Pixels, and when they triggered.
    """
    count = pack("f", time_step) + signed(np.size(pixels))
    return count + signed_varints(pixels) + signed_varints(times)
