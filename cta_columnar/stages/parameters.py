"""From cleaned images to image parameters.

All groups walk the lists of kept pixels that `image_quality` made: ``kept_indptr``,
``kept_pixels``, ``kept_charge``. Images that are not ``is_parametrized`` have NaN;
counts are true counts for all. Lengths are in deg, in the telescope frame.
"""

from functools import lru_cache
from typing import Annotated

import numpy as np

from cta_columnar.array_types import F4, F8, I4, I8, AnyArray, Mask
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.concentration import CONCENTRATION, concentration
from cta_columnar.kernels.hillas import HILLAS, hillas
from cta_columnar.kernels.island_counts import ISLAND_COUNTS, island_counts
from cta_columnar.kernels.kept_pixels import gather
from cta_columnar.kernels.leakage import LEAKAGE, leakage
from cta_columnar.kernels.statistics import STATISTICS, statistics
from cta_columnar.kernels.timing import TIMING, timing
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

NumberOfPairs = Annotated[
    int,
    Option(
        doc="pairs of pixels that fits start from, besides the line through all "
        "pixels; time grows with it, 30 finds the best line practically always",
        ge=0,
        le=1000,
    ),
]
KeptFraction = Annotated[
    float,
    Option(doc="share of the pixels that the line is fitted to", gt=0.5, le=1),
]

ANGLES = tuple(HILLAS.index(name) for name in ("phi", "psi", "psi_uncertainty"))


def named(prefix: str, names: tuple[str, ...], rows: AnyArray) -> Columns:
    """Return the rows of a kernel as columns ``prefix_name``."""
    return {f"{prefix}_{name}": row for name, row in zip(names, rows, strict=True)}


@register("parameters", "hillas", writes=dl1.HILLAS)
def hillas_parameters(
    kept_indptr: I8,
    kept_pixels: I4,
    kept_charge: F8,
    is_parametrized: Mask,
    camera: TelescopeType,
) -> Columns:
    """Ellipse of the second moments, higher moments, uncertainties."""
    rows = hillas(
        kept_charge,
        kept_indptr,
        kept_pixels,
        is_parametrized,
        camera.fov_lon,
        camera.fov_lat,
        camera.pix_area_deg2,
    )
    for row in ANGLES:
        np.degrees(rows[row], out=rows[row])
    return named("hillas", HILLAS, rows)


@register("parameters", "timing", writes=dl1.TIMING)
def timing_parameters(
    peak_time: F4,
    kept_indptr: I8,
    kept_pixels: I4,
    is_parametrized: Mask,
    hillas_fov_lon: F8,
    hillas_fov_lat: F8,
    hillas_psi: F8,
    camera: TelescopeType,
    *,
    n_pairs: NumberOfPairs = 30,
    kept_fraction: KeptFraction = 0.85,
) -> Columns:
    """Line of peak time along the image axis, by least trimmed squares."""
    rows = timing(
        gather(peak_time, kept_indptr, kept_pixels),
        kept_indptr,
        kept_pixels,
        is_parametrized,
        camera.fov_lon,
        camera.fov_lat,
        hillas_fov_lon,
        hillas_fov_lat,
        np.radians(hillas_psi),
        n_pairs,
        kept_fraction,
    )
    return named("timing", TIMING, rows)


@lru_cache(maxsize=64)
def _borders(camera: TelescopeType) -> tuple[Mask, Mask]:
    return camera.border_mask(1), camera.border_mask(2)


@register("parameters", "leakage", writes=dl1.LEAKAGE)
def leakage_parameters(
    kept_indptr: I8,
    kept_pixels: I4,
    kept_charge: F8,
    is_parametrized: Mask,
    camera: TelescopeType,
) -> Columns:
    """Shares of pixels and charge at the edge of the camera."""
    borders = _borders(camera)
    rows = leakage(kept_charge, kept_indptr, kept_pixels, is_parametrized, *borders)
    return named("leakage", LEAKAGE, rows)


@register("parameters", "concentration", writes=dl1.CONCENTRATION)
def concentration_parameters(
    kept_indptr: I8,
    kept_pixels: I4,
    kept_charge: F8,
    is_parametrized: Mask,
    hillas_intensity: F8,
    hillas_fov_lon: F8,
    hillas_fov_lat: F8,
    hillas_length: F8,
    hillas_width: F8,
    hillas_psi: F8,
    camera: TelescopeType,
) -> Columns:
    """Shares of charge near the centroid, in the ellipse, in the brightest pixel."""
    rows = concentration(
        kept_charge,
        kept_indptr,
        kept_pixels,
        is_parametrized,
        camera.fov_lon,
        camera.fov_lat,
        camera.pix_width_deg,
        hillas_intensity,
        hillas_fov_lon,
        hillas_fov_lat,
        hillas_length,
        hillas_width,
        np.radians(hillas_psi),
    )
    return named("concentration", CONCENTRATION, rows)


@register("parameters", "morphology", writes=dl1.MORPHOLOGY)
def morphology_parameters(
    kept_indptr: I8, kept_pixels: I4, camera: TelescopeType
) -> Columns:
    """Numbers of kept pixels and of islands, for every image."""
    rows = island_counts(
        kept_indptr, kept_pixels, camera.neighbor_indptr, camera.neighbor_indices
    )
    return named("morphology", ISLAND_COUNTS, rows)


@register("parameters", "intensity_statistics", writes=dl1.INTENSITY_STATISTICS)
def intensity_statistics(
    kept_indptr: I8, kept_charge: F8, is_parametrized: Mask
) -> Columns:
    """Unweighted statistics of the kept charges."""
    rows = statistics(kept_charge, kept_indptr, is_parametrized)
    return named("intensity", STATISTICS, rows)


@register("parameters", "peak_time_statistics", writes=dl1.PEAK_TIME_STATISTICS)
def peak_time_statistics(
    peak_time: F4,
    kept_indptr: I8,
    kept_pixels: I4,
    is_parametrized: Mask,
) -> Columns:
    """Unweighted statistics of the peak times of the kept pixels."""
    times = gather(peak_time, kept_indptr, kept_pixels)
    rows = statistics(times, kept_indptr, is_parametrized)
    return named("peak_time", STATISTICS, rows)
