"""Array triggers: the central event block (2009).

It lists the telescopes that triggered (``k`` of all ``n`` events together) with their
times, those that have data (``d``), and the time of the array trigger.
"""

import numpy as np

from cta_columnar.kernels._jit import inline, njit
from cta_columnar.kernels._types import F4, I2, I8, U1, U4
from cta_columnar.kernels.simtel import codes
from cta_columnar.kernels.simtel._bytes import f4, i2, i4, int64
from cta_columnar.kernels.simtel.block_table import END, START, VERSION
from cta_columnar.kernels.simtel.payload import ending
from cta_columnar.kernels.simtel.varint import unsigned

MAX_VERSION = 3
N_TRIGGER_TYPES = 4

# Up to version 3 the bits for random mono, muon and long events were four too low;
# the program was mended in 2024, when 3 was the last version.
_MISPLACED = 0x70


@inline
def mended_mask(mask: int, version: int) -> int:
    """Trigger mask with every bit in its place."""
    if version > MAX_VERSION:
        return mask
    return (mask & ~_MISPLACED) | (mask & _MISPLACED) << 4


@inline
def _n_trigger_types(mask: int) -> int:
    count = 0
    for bit in range(N_TRIGGER_TYPES):
        count += mask >> bit & 1
    return count


@njit
def _counts(data: U1, block: I8) -> tuple[int, int, int]:
    """Triggered telescopes, telescopes with data, and a code."""
    pos, end = block[START] + 24, block[END]
    if block[VERSION] > MAX_VERSION:
        return 0, 0, codes.BAD_VERSION
    if block[VERSION] == 0:
        return 0, 0, codes.OK if pos <= end else codes.TOO_SHORT
    if pos + 2 > end:
        return 0, 0, codes.TOO_SHORT
    n_triggered = i2(data, pos)
    pos += 2 + 6 * n_triggered
    if n_triggered < 0 or pos + 2 > end:
        return 0, 0, codes.BAD_COUNT
    n_data = i2(data, pos)
    pos += 2 + 2 * n_data
    if n_data < 0 or pos > end:
        return 0, 0, codes.BAD_COUNT
    return n_triggered, n_data, codes.OK


@njit
def count_triggers(data: U1, blocks: I8, rows: I8) -> tuple[I8, I8, int, int]:
    """Count the telescopes in array triggers.

    Parameters
    ----------
    data, blocks
        Buffer and its blocks, see `framing.walk`.
    rows : int64[n]
        Rows of the central event blocks.

    Returns
    -------
    triggered, with_data : int64[n + 1]
        Where the telescopes of each event start in flat lists.
    done, code : int
        Events counted, and what is wrong with the next one.
    """
    triggered = np.zeros(rows.size + 1, np.int64)
    with_data = np.zeros(rows.size + 1, np.int64)
    done = rows.size
    code = codes.OK
    for n in range(rows.size):
        n_triggered, n_data, code = _counts(data, blocks[rows[n]])
        if code != codes.OK:
            done = n
            break
        triggered[n + 1] = triggered[n] + n_triggered
        with_data[n + 1] = with_data[n] + n_data
    triggered[done + 1 :] = triggered[done]
    with_data[done + 1 :] = with_data[done]
    return triggered, with_data, done, code


@njit
def _masks(
    data: U1,
    pos: int,
    end: int,
    mask: U4,
    time_by_type: F4,
) -> int:
    """Decode trigger masks and times by type; position behind, -1 on an error."""
    for k in range(mask.size):
        value, pos = unsigned(data, pos, end)
        if pos < 0 or value >> 32:
            return -1
        mask[k] = value
    for k in range(mask.size):
        # The times are stored only where more than one trigger fired.
        if _n_trigger_types(int64(mask[k])) < 2:
            continue
        for bit in range(N_TRIGGER_TYPES):
            if int64(mask[k]) >> bit & 1:
                if pos + 4 > end:
                    return -1
                time_by_type[k, bit] = f4(data, pos)
                pos += 4
    return pos


@njit
def _trigger_one(
    data: U1,
    block: I8,
    times: I8,
    tel_id: I2,
    tel_time: F4,
    tel_mask: U4,
    time_by_type: F4,
    data_tel_id: I2,
) -> int:
    """Decode one block whose counts were checked; returns a code."""
    pos, end, version = block[START], block[END], block[VERSION]
    for k in range(4):
        times[k] = i4(data, pos + 4 * k)
    pos += 24
    if version >= 1:
        pos += 2
        for k in range(tel_id.size):
            tel_id[k] = i2(data, pos + 2 * k)
        pos += 2 * tel_id.size
        for k in range(tel_id.size):
            tel_time[k] = f4(data, pos + 4 * k)
        pos += 4 * tel_id.size + 2
        for k in range(data_tel_id.size):
            data_tel_id[k] = i2(data, pos + 2 * k)
        pos += 2 * data_tel_id.size
    if version >= 2:
        pos = _masks(data, pos, end, tel_mask, time_by_type)
        for k in range(tel_mask.size):
            tel_mask[k] = mended_mask(int64(tel_mask[k]), version)
        if pos >= 0 and version >= 3:
            # Compensation of the plane wave front: azimuth, altitude, speed.
            pos += 12
    return ending(pos, end)


@njit
def triggers(
    data: U1,
    blocks: I8,
    rows: I8,
    triggered: I8,
    with_data: I8,
    times: I8,
    tel_id: I2,
    tel_time: F4,
    tel_mask: U4,
    time_by_type: F4,
    data_tel_id: I2,
) -> tuple[int, int]:
    """Decode array triggers.

    Parameters
    ----------
    data, blocks, rows, triggered, with_data
        As given to and by `count_triggers`.
    times : int64[n, 4]
        Time of the computer in s and ns, then that of the array trigger, since 1970.
    tel_id : int16[k]
        Telescopes that triggered; none in version 0.
    tel_time : float32[k]
        Their times after the array trigger, ns.
    tel_mask : uint32[k]
        Bits 0-3: which triggers fired; 8 long event, 9 muon, 10 random mono. 0 before
        version 2.
    time_by_type : float32[k, 4]
        Time of each trigger where more than one fired, else left alone.
    data_tel_id : int16[d]
        Telescopes with data.

    Returns
    -------
    done, code : int
        Events decoded, and what is wrong with the next one.
    """
    for n in range(rows.size):
        a, b = triggered[n], triggered[n + 1]
        code = _trigger_one(
            data,
            blocks[rows[n]],
            times[n],
            tel_id[a:b],
            tel_time[a:b],
            tel_mask[a:b],
            time_by_type[a:b],
            data_tel_id[with_data[n] : with_data[n + 1]],
        )
        if code != codes.OK:
            return n, code
    return rows.size, codes.OK
