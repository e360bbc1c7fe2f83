"""Image cleaning: which pixels hold light of the shower."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, Mask
from cta_columnar.errors import UserError
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.cleaning import mars, tailcuts
from cta_columnar.kernels.morphology import heaviest_islands
from cta_columnar.kernels.time_cleaning import fact, time_constrained
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

MASK = pa.schema([dl1.IMAGES.field("image_mask")])

PictureThreshold = Annotated[
    float, Option(unit="p.e.", doc="least charge of a pixel in the picture", ge=0)
]
BoundaryThreshold = Annotated[
    float, Option(unit="p.e.", doc="least charge of a pixel beside the picture", ge=0)
]
MinPictureNeighbors = Annotated[
    int, Option(doc="neighbours above the picture threshold it needs", ge=0)
]
KeepIsolated = Annotated[
    bool, Option(doc="take pixels above the picture threshold without neighbours too")
]


def check_thresholds(options: Mapping[str, Any]) -> None:
    """Check that pixels beside the picture may be dimmer than those in it.

    Raises
    ------
    UserError
        If not: the boundary threshold would have no effect.
    """
    picture, boundary = (options[f"{n}_threshold_pe"] for n in ("picture", "boundary"))
    if picture < boundary:
        raise UserError(
            f"boundary_threshold_pe: must be <= picture_threshold_pe={picture:g}, got "
            f"{boundary:g}; give both"
        )


def per_pixel(threshold: float, image: F4) -> F4:
    """Give every pixel of an image[e, p] the same threshold."""
    return np.full(image.shape[1], threshold, np.float32)


@register("cleaner", "NullImageCleaner", writes=MASK, aliases=("none",))
def null_image_cleaner(image: F4) -> Columns:
    """Keep all pixels, those of negative charge too, which have no Hillas ellipse."""
    return {"image_mask": np.ones(image.shape, np.bool_)}


@register("cleaner", "TailcutsImageCleaner", writes=MASK, check=check_thresholds)
def tailcuts_image_cleaner(
    image: F4,
    camera: TelescopeType,
    *,
    picture_threshold_pe: PictureThreshold = 10.0,
    boundary_threshold_pe: BoundaryThreshold = 5.0,
    min_picture_neighbors: MinPictureNeighbors = 2,
    keep_isolated_pixels: KeepIsolated = False,
) -> Columns:
    """Keep bright pixels with bright neighbours, and less bright ones beside them."""
    mask = tailcuts(
        image,
        per_pixel(picture_threshold_pe, image)[np.newaxis],
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        keep_isolated_pixels,
        camera.neighbor_indptr,
        camera.neighbor_indices,
    )
    return {"image_mask": mask}


# In ctapipe the next three take keep_isolated_pixels too, without an effect.


@register("cleaner", "MARSImageCleaner", writes=MASK, check=check_thresholds)
def mars_image_cleaner(
    image: F4,
    camera: TelescopeType,
    *,
    picture_threshold_pe: PictureThreshold = 10.0,
    boundary_threshold_pe: BoundaryThreshold = 5.0,
    min_picture_neighbors: MinPictureNeighbors = 2,
) -> Columns:
    """Keep what tail cuts keep, and one more ring above the boundary threshold."""
    mask = mars(
        image,
        per_pixel(picture_threshold_pe, image),
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        camera.neighbor_indptr,
        camera.neighbor_indices,
    )
    return {"image_mask": mask}


@register("cleaner", "FACTImageCleaner", writes=MASK, check=check_thresholds)
def fact_image_cleaner(
    image: F4,
    peak_time: F4,
    camera: TelescopeType,
    *,
    picture_threshold_pe: PictureThreshold = 10.0,
    boundary_threshold_pe: BoundaryThreshold = 5.0,
    min_picture_neighbors: Annotated[
        int, Option(doc="neighbours that a pixel needs in each step; 0: no times", ge=0)
    ] = 2,
    time_limit_ns: Annotated[
        float, Option(unit="ns", doc="neighbours differ in time by less", ge=0)
    ] = 5.0,
) -> Columns:
    """Keep bright pixels and their neighbours if enough of them came together."""
    mask = fact(
        image,
        peak_time,
        per_pixel(picture_threshold_pe, image),
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        time_limit_ns,
        camera.neighbor_indptr,
        camera.neighbor_indices,
    )
    return {"image_mask": mask}


@register("cleaner", "TimeConstrainedImageCleaner", writes=MASK, check=check_thresholds)
def time_constrained_image_cleaner(
    image: F4,
    peak_time: F4,
    camera: TelescopeType,
    *,
    picture_threshold_pe: PictureThreshold = 10.0,
    boundary_threshold_pe: BoundaryThreshold = 5.0,
    min_picture_neighbors: MinPictureNeighbors = 2,
    time_limit_core_ns: Annotated[
        float,
        Option(
            unit="ns",
            doc="core pixels differ from the mean time of the brightest island by "
            "less; twice as much from twice the picture threshold on",
            ge=0,
        ),
    ] = 4.5,
    time_limit_boundary_ns: Annotated[
        float, Option(unit="ns", doc="the others differ from core pixels by less", ge=0)
    ] = 1.5,
) -> Columns:
    """Keep bright pixels of about the mean time, and neighbours of their time."""
    mask = time_constrained(
        image,
        peak_time,
        per_pixel(picture_threshold_pe, image),
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        time_limit_core_ns,
        time_limit_boundary_ns,
        camera.neighbor_indptr,
        camera.neighbor_indices,
    )
    return {"image_mask": mask}


def largest_islands(mask: Mask, camera: TelescopeType) -> Mask:
    """Keep the island of most pixels of a mask[e, p]."""
    each_one = np.ones(mask.shape, np.float32)
    csr = camera.neighbor_indptr, camera.neighbor_indices
    return heaviest_islands(mask, each_one, *csr)


@register("island_selector", "LargestIsland", writes=MASK)
def largest_island(image_mask: Mask, camera: TelescopeType) -> Columns:
    """Keep the island of most pixels; of equal ones, that with the lowest pixel."""
    return {"image_mask": largest_islands(image_mask, camera)}


@register("island_selector", "BrightestIsland", writes=MASK)
def brightest_island(image: F4, image_mask: Mask, camera: TelescopeType) -> Columns:
    """Keep the island of most charge; of equal ones, that with the lowest pixel."""
    # One of negative charge is the brightest if there is no other. ctapipe then takes
    # all pixels that are in no island.
    csr = camera.neighbor_indptr, camera.neighbor_indices
    return {"image_mask": heaviest_islands(image_mask, image, *csr)}
