"""Calibration of cameras: monitoring (2022), laser (2023), state of pixels (2033)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import CAMERA_MONITORING, LASER_CALIBRATION
from cta_columnar.simulation.simtel.framing import packed_telescope
from cta_columnar.simulation.simtel.packing import (
    floats,
    octets,
    pack,
    shorts,
    signed,
    unsigned_shorts,
)
from cta_columnar.simulation.simtel.versions import check_version

# Parts of a monitoring block: a bit of its id each.
STATUS, RATES, PEDESTALS, TEMPERATURES, CURRENTS, THRESHOLDS, DAQ = (
    1 << bit for bit in range(7)
)
Time = tuple[int, int]
Calibration = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CameraMonitoring:
    """Content of block 2022; names as in eventio.

    Attributes
    ----------
    n_pixels, n_gains, n_sectors, n_drawers : int
        Sizes of what the parts have.
    parts : mapping of int to bytes
        Bit -> part, as the functions below write it.
    known, new_parts, monitor_id : int
        Bits of parts that are known and that are new; a count.
    moni_time : pair of int
        s and ns since 1970.
    """

    n_pixels: int
    n_gains: int
    parts: Mapping[int, bytes]
    n_sectors: int = 0
    n_drawers: int = 0
    known: int = 0
    new_parts: int = 0
    monitor_id: int = 0
    moni_time: Time = (0, 0)


def monitoring_id(tel_id: int, what: int = PEDESTALS) -> int:
    """Id of a block 2022.

    Parameters
    ----------
    tel_id, what : int
        Telescope; bits of the parts.
    """
    return packed_telescope(tel_id) | what << 8


def camera_monitoring(content: CameraMonitoring, version: int = 0) -> bytes:
    """Payload of a block 2022; its id names the parts, see `monitoring_id`."""
    check_version(CAMERA_MONITORING, version)
    c = content
    sizes = (c.n_sectors, c.n_pixels, c.n_drawers, c.n_gains)
    return b"".join(
        (
            pack("2hi2i", c.known, c.new_parts, c.monitor_id, *c.moni_time),
            shorts(sizes) if version == 0 else signed(*sizes),
            *(c.parts[bit] for bit in sorted(c.parts)),
        )
    )


def status_part(time: Time, bits: int) -> bytes:
    """Part `STATUS`."""
    return pack("3i", *time, bits)


def rates_part(
    time: Time,
    counts: tuple[int, int],
    trigger_rate: float,
    sector_rate: ArrayLike,
    rates: tuple[float, float, float],
) -> bytes:
    """Part `RATES`: coincidences, events; rates of trigger, sectors, events, data."""
    head = pack("4if", *time, *counts, trigger_rate)
    return head + floats(sector_rate) + pack("3f", *rates)


def pedestals_part(
    time: Time, n_ped_slices: int, pedestal: Calibration, noise: Calibration
) -> bytes:
    """Part `PEDESTALS`.

    Parameters
    ----------
    time : pair of int
        s and ns since 1970.
    n_ped_slices : int
        Samples in each pedestal.
    pedestal, noise : float[c, p]
        Sum over these samples; its noise.
    """
    return pack("2ih", *time, n_ped_slices) + floats(pedestal) + floats(noise)


def temperatures_part(
    time: Time,
    voltage: ArrayLike,
    current: ArrayLike,
    status: ArrayLike,
    drawer_temp: NDArray[np.int64],
    camera_temp: ArrayLike,
) -> bytes:
    """Part `TEMPERATURES`: of pixels the high voltage, ``drawer_temp[m, n]``."""
    return b"".join(
        (
            pack("2i2h", *time, np.shape(drawer_temp)[1], np.size(camera_temp)),
            shorts(voltage),
            shorts(current),
            octets(status),
            shorts(drawer_temp),
            shorts(camera_temp),
        )
    )


def currents_part(time: Time, current: ArrayLike, scaler: ArrayLike) -> bytes:
    """Part `CURRENTS`: of pixels."""
    return pack("2i", *time) + unsigned_shorts(current) + unsigned_shorts(scaler)


def thresholds_part(
    time: Time,
    hv_dac: ArrayLike,
    thresh_dac: ArrayLike,
    hv_set: ArrayLike,
    trig_set: ArrayLike,
) -> bytes:
    """Part `THRESHOLDS`: of pixels, but the second one of modules."""
    settings = unsigned_shorts(hv_dac) + unsigned_shorts(thresh_dac)
    return pack("2i", *time) + settings + octets(hv_set) + octets(trig_set)


def daq_part(time: Time, settings: tuple[int, int, int, int, int]) -> bytes:
    """Part `DAQ`."""
    return pack("2i5h", *time, *settings)


@dataclass(frozen=True, eq=False, kw_only=True)
class LaserCalibration:
    """Content of block 2023; names as in eventio.

    Attributes
    ----------
    calib, tm_calib, flat_fielding : float[c, p]
        p.e. per ADC count; shift of times in ns; factor. The second one must be there
        for readers.
    max_int_frac, max_pixtm_frac : float[c]
        Of no use to readers.
    """

    calib: Calibration
    tm_calib: Calibration | None = None
    flat_fielding: Calibration | None = None
    max_int_frac: ArrayLike = 0.0
    max_pixtm_frac: ArrayLike = 0.0
    lascal_id: int = 2


def laser_calibration(content: LaserCalibration, version: int = 3) -> bytes:
    """Payload of a block 2023; its id is the telescope.

    Arrays that are missing are written as no shift and a factor of 1.
    """
    check_version(LASER_CALIBRATION, version)
    c = content
    n_gains, n_pixels = np.shape(c.calib)
    raw = pack("Hhi", n_pixels, n_gains, c.lascal_id) + floats(c.calib)
    if version >= 1:
        fractions = np.empty((n_gains, 2))
        fractions[:, 0], fractions[:, 1] = c.max_int_frac, c.max_pixtm_frac
        raw += floats(fractions)
    if version >= 2:
        raw += floats(np.zeros_like(c.calib) if c.tm_calib is None else c.tm_calib)
    if version >= 3:
        factor = c.flat_fielding
        raw += floats(np.ones_like(c.calib) if factor is None else factor)
    return raw


# What a block 2033 may have, in this order: a bit of its flags each.
PIXEL_STATE = (
    "nsb_rate",
    "qe_rel",
    "gain_rel",
    "hv_rel",
    "current",
    "fadc_amp_hg",
    "fadc_amp_lg",
)
_DISABLED = 0x80


def pixel_monitoring(
    n_pixels: int,
    n_gains: int,
    state: Mapping[str, ArrayLike],
    disabled: ArrayLike | None = None,
) -> bytes:
    """Payload of a block 2033; its id is the telescope.

    Parameters
    ----------
    n_pixels, n_gains : int
        Sizes of the camera.
    state : mapping of str to float[p]
        Any of `PIXEL_STATE`; ``fadc_amp_lg`` has no place if there is one gain.
    disabled : bool[p], optional
        Pixels that are off.
    """
    if unknown := state.keys() - set(PIXEL_STATE):
        raise ValueError(f"pixels have no {sorted(unknown)}")
    flags, pieces = 0, []
    for bit, name in enumerate(PIXEL_STATE):
        if name in state and (n_gains > 1 or name != "fadc_amp_lg"):
            flags |= 1 << bit
            pieces.append(floats(np.broadcast_to(state[name], n_pixels)))
    if disabled is not None:
        flags |= _DISABLED
        pieces.append(octets(np.asarray(disabled, np.bool_)))
    return pack("2ih", flags, n_pixels, n_gains) + b"".join(pieces)
