"""Run headers: of the array (2000), and of the simulation (2001)."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel.block_types import RUN_HEADER
from cta_columnar.simulation.simtel.packing import Text, floats, pack, shorts, text
from cta_columnar.simulation.simtel.versions import check_version

Pair = tuple[float, float]

# Programs that readers know have numbers from 1 on: CORSIKA and sim_telarray are 1.
OTHER_PROGRAM = 0
# How cores are thrown: readers know 0, at one place, and 2, within a rectangle, too.
IN_A_CIRCLE, AROUND_MIRRORS = 1, 3
# Runs of simulations have no type.
_SIMULATION = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class RunHeader:
    """Content of block 2000; names as in eventio.

    Attributes
    ----------
    run, time : int
        Number; start, s since 1970.
    tel_id : int16[t]
        Telescopes.
    tel_pos : float32[t, 3]
        Where they are: to the north, to the west, up, m.
    direction, offset_fov : pair of float
        Azimuth and altitude that the array points to, and what is added, rad.
    """

    run: int
    time: int
    tel_id: NDArray[np.int16]
    tel_pos: NDArray[np.float32]
    direction: Pair
    offset_fov: Pair = (0.0, 0.0)
    conv_depth: float = 0.0
    conv_ref_pos: Pair = (0.0, 0.0)
    run_type: int = _SIMULATION
    tracking_mode: int = 0
    reverse_flag: int = 0
    min_tel_trig: int = 2
    duration: int = 0
    target: Text = ""
    observer: Text = ""


def run_header(content: RunHeader, version: int = 2) -> bytes:
    """Payload of a block 2000; its id is the number of the run."""
    check_version(RUN_HEADER, version)
    numbers = [content.run, content.time, content.run_type, content.tracking_mode]
    if version >= 2:
        numbers.append(content.reverse_flag)
    pieces = [pack(f"{len(numbers)}i", *numbers)]
    pieces.append(
        pack("5f", *content.direction, *content.offset_fov, content.conv_depth)
    )
    if version >= 1:
        pieces.append(pack("2f", *content.conv_ref_pos))
    tel_pos = np.asarray(content.tel_pos)
    if tel_pos.shape != (len(content.tel_id), 3):
        raise ValueError(f"{len(content.tel_id)} telescopes at {tel_pos.shape}")
    pieces += [
        pack("i", len(content.tel_id)),
        shorts(content.tel_id),
        floats(tel_pos),
        pack("2i", content.min_tel_trig, content.duration),
        text(content.target),
        text(content.observer),
    ]
    return b"".join(pieces)


@dataclass(frozen=True, kw_only=True)
class McRunHeader:
    """Content of block 2001; names as in eventio, in lower case.

    Attributes
    ----------
    obsheight, injection_height : float
        Height of the array and of the injection of particles (-1: none), m.
    n_showers, n_use : int
        Showers, and how often each is used.
    core_range : pair of float
        Least and largest distance of cores, m.
    alt_range, az_range : pair of float
        Directions of showers, rad.
    diffuse, viewcone : int, pair of float
        Whether showers come from a cone; its least and largest radius, deg.
    e_range, spectral_index : pair of float, float
        Energies, TeV, and the power of their spectrum (negative).
    b_total, b_inclination, b_declination : float
        Magnetic field, uT and rad.
    core_pos_mode : int
        `IN_A_CIRCLE`, or `AROUND_MIRRORS`: near enough to one of them to be seen.
    shower_prog_id, detector_prog_id : int
        Programs that made the file.
    shower_prog_vers, detector_prog_vers : int
        Their versions, see `version_number`.
    corsika_wlen_min, corsika_wlen_max : float
        Cherenkov light, nm.
    """

    obsheight: float
    n_showers: int
    n_use: int
    core_range: Pair
    alt_range: Pair
    az_range: Pair
    diffuse: int
    viewcone: Pair
    e_range: Pair
    spectral_index: float
    b_total: float
    b_inclination: float
    b_declination: float
    atmosphere: int
    core_pos_mode: int = IN_A_CIRCLE
    shower_prog_id: int = OTHER_PROGRAM
    shower_prog_vers: int = 0
    shower_prog_start: int = 0
    detector_prog_id: int = OTHER_PROGRAM
    detector_prog_vers: int = 0
    detector_prog_start: int = 0
    injection_height: float = -1.0
    corsika_iact_options: int = 0
    corsika_low_e_model: int = 0
    corsika_high_e_model: int = 0
    corsika_bunchsize: float = 1.0
    corsika_wlen_min: float = 240.0
    corsika_wlen_max: float = 700.0
    corsika_low_e_detail: int = 0
    corsika_high_e_detail: int = 0


def version_number(version: str) -> int:
    """Version of a program as a number: 10203 for ``1.2.3``, whatever follows."""
    major, minor, patch, *_ = (*re.findall(r"\d+", version), "0", "0", "0")
    return 10_000 * int(major) + 100 * int(minor) + int(patch)


def mc_run_header(content: McRunHeader) -> bytes:
    """Payload of a block 2001; its id is -1."""
    c = content
    pieces = [
        pack("3i", c.shower_prog_id, c.shower_prog_vers, c.shower_prog_start),
        pack("3i", c.detector_prog_id, c.detector_prog_vers, c.detector_prog_start),
        pack("f3i", c.obsheight, c.n_showers, c.n_use, c.core_pos_mode),
        pack("6f", *c.core_range, *c.alt_range, *c.az_range),
        pack("i5f", c.diffuse, *c.viewcone, *c.e_range, c.spectral_index),
        pack("4f", c.b_total, c.b_inclination, c.b_declination, c.injection_height),
        pack("2i", c.atmosphere, c.corsika_iact_options),
        pack("2i", c.corsika_low_e_model, c.corsika_high_e_model),
        pack("3f", c.corsika_bunchsize, c.corsika_wlen_min, c.corsika_wlen_max),
        pack("2i", c.corsika_low_e_detail, c.corsika_high_e_detail),
    ]
    return b"".join(pieces)
