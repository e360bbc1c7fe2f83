"""Trigger of the array (2009)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import CENTRAL_EVENT
from cta_columnar.simulation.simtel.packing import (
    floats,
    pack,
    shorts,
    unsigned_varints,
)
from cta_columnar.simulation.simtel.versions import check_version

# Bits of trigger masks. Readers move the bits 0x10 to 0x40, which an old program got
# wrong, so these must not be set.
MAJORITY, ANALOG_SUM, DIGITAL_SUM = 1, 2, 4
LONG_EVENT, MUON, RANDOM_MONO = 0x100, 0x200, 0x400
_MISREAD = 0x70
_N_TYPES = 4
# Telescopes that have a bit in the patterns.
_IN_PATTERN = 32


@dataclass(frozen=True, eq=False, kw_only=True)
class ArrayTrigger:
    """Content of block 2009.

    Attributes
    ----------
    cpu_time, gps_time : pair of int
        Time of the computer and of the trigger, s and ns since 1970.
    tel_id : int[k]
        Telescopes that triggered.
    time : float[k]
        When, ns: after a plane wave along the pointing direction, the earliest at 0.
    mask : int[k]
        Which triggers: `MAJORITY` etc.
    data_tel_id : int[d]
        Telescopes with data.
    time_by_type : mapping of int to mapping
        Telescope -> bit number -> time in ns, where several of the bits 0-3 are set.
    az, alt : float
        Direction that times were corrected for, rad.
    speed_of_light : float
        At the observation level, cm/ns.
    """

    cpu_time: tuple[int, int]
    gps_time: tuple[int, int]
    tel_id: NDArray[np.int16] | NDArray[np.int64]
    time: NDArray[np.float32] | NDArray[np.float64]
    mask: ArrayLike
    data_tel_id: ArrayLike
    az: float = 0.0
    alt: float = 0.0
    speed_of_light: float = 29.97
    time_by_type: Mapping[int, Mapping[int, float]] = field(default_factory=dict)


def array_trigger(content: ArrayTrigger, version: int = 3) -> bytes:
    """Payload of a block 2009; its id is that of the event.

    Raises
    ------
    ValueError
        If a mask has bits that would be misread, or times are missing.
    """
    check_version(CENTRAL_EVENT, version)
    c = content
    pieces = [pack("4i", *c.cpu_time, *c.gps_time)]
    pieces.append(pack("2I", _pattern(c.tel_id), _pattern(c.data_tel_id)))
    if version >= 1:
        pieces += [pack("h", len(c.tel_id)), shorts(c.tel_id), floats(c.time)]
        pieces += [pack("h", np.size(c.data_tel_id)), shorts(c.data_tel_id)]
    if version >= 2:
        pieces.append(_masks(c))
    if version >= 3:
        pieces.append(pack("3f", c.az, c.alt, c.speed_of_light))
    return b"".join(pieces)


def _pattern(tel_ids: ArrayLike) -> int:
    pattern = 0
    for tel_id in np.asarray(tel_ids, np.int64).tolist():
        if 1 <= tel_id <= _IN_PATTERN:
            pattern |= 1 << (tel_id - 1)
    return pattern


def _masks(c: ArrayTrigger) -> bytes:
    """Masks, then the times where more than one trigger fired."""
    masks = np.broadcast_to(np.asarray(c.mask, np.int64), len(c.tel_id))
    if (masks & _MISREAD).any():
        raise ValueError(f"trigger masks {masks.tolist()} would be misread")
    times = []
    for tel_id, mask in zip(np.asarray(c.tel_id).tolist(), masks.tolist(), strict=True):
        bits = [bit for bit in range(_N_TYPES) if mask >> bit & 1]
        if len(bits) > 1:
            if c.time_by_type.get(tel_id, {}).keys() != set(bits):
                raise ValueError(f"telescope {tel_id} needs times of triggers {bits}")
            times += [c.time_by_type[tel_id][bit] for bit in bits]
    return unsigned_varints(masks) + floats(np.array(times))
