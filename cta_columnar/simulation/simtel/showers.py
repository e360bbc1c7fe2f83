"""Simulated showers (2020), their uses (2021) and sums of photo-electrons (2026)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cta_columnar.kernels.simtel.block_types import (
    EXTRA_PARAMETERS,
    MC_EVENT,
    MC_SHOWER,
    PE_SUM,
)
from cta_columnar.simulation.simtel.framing import block
from cta_columnar.simulation.simtel.packing import floats, ints, pack, unsigned
from cta_columnar.simulation.simtel.versions import check_version

# Ids of events: the use of a shower, plus this times its number.
USES_PER_SHOWER = 100

# What profiles count, per step: charged particles, electrons, Cherenkov photons.
CHARGED, ELECTRONS, PHOTONS = 1001, 1002, 1010


@dataclass(frozen=True, eq=False)
class Profile:
    """Development of a shower with depth.

    Attributes
    ----------
    kind : int
        What is counted: `CHARGED`, `ELECTRONS`, `PHOTONS`.
    start, end : float
        First and last vertical depth, g/cm2.
    content : float[n]
        Count in each step.
    """

    kind: int
    start: float
    end: float
    content: NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExtraParameters:
    """What version 2 adds to a shower: its weight and any numbers (block 1215)."""

    weight: float = 1.0
    iparam: ArrayLike = ()
    fparam: ArrayLike = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class McShower:
    """Content of block 2020; names as in eventio.

    Attributes
    ----------
    primary_id : int
        0 gamma, 1 and -1 electron and positron, 2 and -2 muons, else 100 A + Z.
    energy, azimuth, altitude : float
        TeV, rad.
    depth_start : float
        Depth of the injection, g/cm2.
    h_first_int, hmax : float
        Height above the sea of the first interaction and of the maximum, m.
    xmax, emax, cmax : float
        Vertical depth of the maximum of charged particles, electrons and Cherenkov
        light, g/cm2.
    """

    primary_id: int
    energy: float
    azimuth: float
    altitude: float
    h_first_int: float
    xmax: float
    depth_start: float = 0.0
    hmax: float = 0.0
    emax: float = 0.0
    cmax: float = 0.0
    profiles: Sequence[Profile] = ()
    mc_extra_params: ExtraParameters = ExtraParameters()


def mc_shower(content: McShower, version: int = 1) -> bytes:
    """Payload of a block 2020; its id is the number of the shower."""
    check_version(MC_SHOWER, version)
    c = content
    pieces = [pack("i3f", c.primary_id, c.energy, c.azimuth, c.altitude)]
    if version >= 1:
        pieces.append(pack("f", c.depth_start))
    pieces.append(pack("2f", c.h_first_int, c.xmax))
    if version >= 1:
        pieces.append(pack("3f", c.hmax, c.emax, c.cmax))
    pieces.append(pack("h", len(c.profiles)))
    for each in c.profiles:
        pieces.append(pack("2i2f", each.kind, len(each.content), each.start, each.end))
        pieces.append(floats(each.content))
    if version >= 2:
        pieces.append(block(EXTRA_PARAMETERS, 0, _extra(c.mc_extra_params)))
    return b"".join(pieces)


def _extra(content: ExtraParameters) -> bytes:
    sizes = unsigned(np.size(content.iparam), np.size(content.fparam))
    head = pack("f", content.weight) + sizes
    return head + ints(content.iparam) + floats(content.fparam)


def event_id(shower_id: int, use: int) -> int:
    """Id of an array event.

    Raises
    ------
    ValueError
        If the use does not fit, or the shower is 0: readers do not take event 0.
    """
    if not 0 <= use < USES_PER_SHOWER or shower_id < 1:
        raise ValueError(f"use {use} of shower {shower_id} has no event id")
    return USES_PER_SHOWER * shower_id + use


def mc_event(
    shower_id: int, core: tuple[float, float], weight: float = 1.0, version: int = 1
) -> bytes:
    """Payload of a block 2021; its id is that of the event.

    Parameters
    ----------
    shower_id : int
        Number of the shower.
    core : pair of float
        Where its core is: to the north and to the west, m.
    weight : float
        Area that the position stands for, where cores are weighted (version 2), m2.
    """
    check_version(MC_EVENT, version)
    raw = pack("i2f", shower_id, *core)
    return raw + pack("f", weight) if version >= 2 else raw


@dataclass(frozen=True, eq=False, kw_only=True)
class PhotoElectronSums:
    """Content of block 2026; names as in eventio. All telescopes, as in the run header.

    Attributes
    ----------
    n_pe : int[t]
        Photo-electrons.
    photons, photons_atm, photons_atm_3_6, photons_atm_qe, photons_atm_400 : float[t]
        Photons; after the atmosphere; of these within 300-600 nm; after the sensors;
        about 400 nm.
    """

    n_pe: NDArray[np.int32] | NDArray[np.int64]
    photons: ArrayLike = 0.0
    photons_atm: ArrayLike = 0.0
    photons_atm_3_6: ArrayLike = 0.0
    photons_atm_qe: ArrayLike = 0.0
    photons_atm_400: ArrayLike = 0.0


def photo_electron_sums(
    shower_id: int, content: PhotoElectronSums, version: int = 2
) -> bytes:
    """Payload of a block 2026; its id is that of the event."""
    check_version(PE_SUM, version)
    c = content
    n_tel = len(c.n_pe)
    columns = [c.photons, c.photons_atm, c.photons_atm_3_6, c.photons_atm_qe]
    columns = (columns if version >= 1 else []) + [c.photons_atm_400] * (version >= 2)
    # Sums per pixel could follow their counts: no program has ever written them.
    no_pixels = bytes(4 * n_tel)
    photons = b"".join(floats(np.broadcast_to(each, n_tel)) for each in columns)
    return pack("2i", shower_id, n_tel) + ints(c.n_pe) + no_pixels + photons
