"""Tables out of the header blocks that tell how the run was simulated."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F8
from cta_columnar.kernels.simtel.block_types import (
    HISTOGRAMS,
)
from cta_columnar.schemas import simulation
from cta_columnar.sources.simtel.header_blocks import (
    HeaderError,
)
from cta_columnar.sources.simtel.pointing import altitude_deg

Content = Mapping[str, Any]

# Histogram of energy and core distance of all thrown showers, every use counted.
THROWN_HISTOGRAM = 6
# Real ones have some ten thousand. An empty one takes no room in the file, so its size
# there is no bound.
MOST_BINS = 10_000_000

# Column of `simulation.RUNS` -> key in the MC run header, and index where it is a pair
_FROM_MC_HEADER: dict[str, tuple[str, int | None]] = {
    "corsika_version": ("shower_prog_vers", None),
    "simtel_version": ("detector_prog_vers", None),
    "energy_range_min": ("E_range", 0),
    "energy_range_max": ("E_range", 1),
    "prod_site_B_total": ("B_total", None),
    "prod_site_B_declination": ("B_declination", None),
    "prod_site_B_inclination": ("B_inclination", None),
    "prod_site_alt": ("obsheight", None),
    "n_showers": ("n_showers", None),
    "shower_reuse": ("n_use", None),
    "max_alt": ("alt_range", 1),
    "min_alt": ("alt_range", 0),
    "max_az": ("az_range", 1),
    "min_az": ("az_range", 0),
    "max_viewcone_radius": ("viewcone", 1),
    "min_viewcone_radius": ("viewcone", 0),
    "max_scatter_range": ("core_range", 1),
    "min_scatter_range": ("core_range", 0),
}
_IN_RADIANS = {"prod_site_B_declination", "prod_site_B_inclination"}
_IN_RADIANS |= {"max_alt", "min_alt", "max_az", "min_az"}


def array_pointing(run_header: Content) -> tuple[float, float]:
    """Altitude and azimuth of the array, deg; NaN when it tracks a sky position."""
    if run_header["tracking_mode"] != 0:
        return math.nan, math.nan
    azimuth, altitude = map(float, run_header["direction"])
    return float(altitude_deg(altitude)), math.degrees(azimuth)


def run_row(
    run_header: Content, mc_run_header: Content | None, obs_id: int
) -> dict[str, Any]:
    """Row of `simulation.RUNS`.

    Without an MC run header its numbers are NaN, counts and codes -1.
    """
    altitude, azimuth = array_pointing(run_header)
    known: dict[str, Any] = {
        "obs_id": obs_id,
        "run_number": int(run_header["run"]),
        "pointing_alt": altitude,
        "pointing_az": azimuth,
    }
    return {
        field.name: known[field.name]
        if field.name in known
        else _value(field, mc_run_header)
        for field in simulation.RUNS
    }


def _value(field: pa.Field, mc_run_header: Content | None) -> float | int | bool:
    if mc_run_header is None:
        unknown = {pa.bool_(): False, pa.float64(): math.nan}
        return unknown.get(field.type, -1)
    key, index = _FROM_MC_HEADER.get(field.name, (field.name, None))
    value = mc_run_header[key] if index is None else mc_run_header[key][index]
    if pa.types.is_boolean(field.type):
        return bool(value)
    if pa.types.is_integer(field.type):
        return int(value)
    if field.name in _IN_RADIANS:
        is_altitude = field.name.endswith("_alt")
        return float(altitude_deg(value)) if is_altitude else math.degrees(value)
    return float(value)


def atmosphere_table(profile: Content | None, obs_id: int) -> pa.Table:
    """`simulation.ATMOSPHERE`; empty where the file has none.

    Rows without air, or below the sea, are left out, since depths are interpolated in
    their logarithm. The name of the profile is not read: it is not always text.
    """
    if profile is None:
        return simulation.ATMOSPHERE.empty_table()
    height, density = profile["altitude_km"], profile["rho"]
    depth = profile["thickness"]
    kept = (height >= 0) & (density > 0) & (depth > 0)
    return pa.table(
        {
            "obs_id": np.full(kept.sum(), obs_id, np.int64),
            "height": height[kept],
            "density": density[kept],
            "column_density": depth[kept],
        },
        simulation.ATMOSPHERE,
    )


def thrown_table(histograms: Iterable[Content], obs_id: int) -> pa.Table:
    """`simulation.THROWN`: one row per bin, energy after energy; empty without it.

    Raises
    ------
    HeaderError
        If the histogram is not one of two axes, or far too large.
    """
    found = [each for each in histograms if each["id"] == THROWN_HISTOGRAM]
    if not found:
        return simulation.THROWN.empty_table()
    counts = found[0]["data"]
    if counts.ndim != 2 or counts.size > MOST_BINS:
        raise HeaderError(HISTOGRAMS, f"thrown showers in bins of shape {counts.shape}")
    energy, core = 10.0 ** _edges(found[0], "y"), _edges(found[0], "x")
    n_energy, n_core = counts.shape
    return pa.table(
        {
            "obs_id": np.full(counts.size, obs_id, np.int64),
            "hist_id": np.full(counts.size, THROWN_HISTOGRAM, np.int32),
            "n_entries": np.full(counts.size, found[0]["entries"], np.int64),
            "energy_low": np.repeat(energy[:-1], n_core),
            "energy_high": np.repeat(energy[1:], n_core),
            "core_dist_low": np.tile(core[:-1], n_energy),
            "core_dist_high": np.tile(core[1:], n_energy),
            "n_thrown": counts.ravel().astype(np.float64),
        },
        simulation.THROWN,
    )


def _edges(histogram: Content, axis: str) -> F8:
    n_bins = histogram[f"n_bins_{axis}"]
    return np.linspace(
        histogram[f"lower_{axis}"], histogram[f"upper_{axis}"], n_bins + 1
    )


def is_merged(history: Sequence[bytes]) -> bool:
    """Whether a file was merged from several, by its history."""
    return bool(history) and b"merge_simtel" in history[0].lower()


def has_true_image(history: Sequence[bytes]) -> bool:
    """Whether the simulation kept true photo-electrons per pixel, by its history.

    Parameters
    ----------
    history : sequence of bytes
        Command line and configuration: first what holds for all telescopes, then the
        same for each. Yes is assumed where they cannot be understood.
    """
    lines = [line.decode(errors="replace").strip().lower() for line in history]
    starts = [
        i
        for i, line in enumerate(lines)
        if line.startswith("# telescope-specific configuration follows")
    ]
    parts = [
        lines[start:end]
        for start, end in zip([0, *starts], [*starts, len(lines)], strict=True)
    ]
    if not lines or is_merged(history):
        return not lines  # merging drops photo-electrons
    try:
        saved = _last_setting(parts[0], "save_photons") & 0b10
        stored = [_last_setting(part, "store_photoelectrons") for part in parts]
    except ValueError:
        return True
    return bool(saved) or any(limit > 0 for limit in stored)


def _last_setting(lines: Iterable[str], name: str) -> int:
    values = [line.split()[1:2] for line in lines if line.startswith(name)]
    return int(values[-1][0]) if values and values[-1] else 0
