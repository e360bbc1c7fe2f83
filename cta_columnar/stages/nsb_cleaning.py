"""Image cleaning that follows the light of the night sky, pixel by pixel."""

from typing import Annotated

import numpy as np

from cta_columnar.array_types import F4, I1, I4
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.cleaning import brightest_means, tailcuts
from cta_columnar.kernels.gain_selection import of_selected_channel
from cta_columnar.kernels.time_cleaning import time_delta
from cta_columnar.registry import Columns, Option, register
from cta_columnar.stages.cleaning import (
    MASK,
    BoundaryThreshold,
    KeepIsolated,
    MinPictureNeighbors,
    PictureThreshold,
    largest_islands,
    per_pixel,
)

PedestalFactor = Annotated[
    float,
    Option(
        doc="the picture threshold of a pixel is at least this times the standard "
        "deviation of its charge in pedestal events, where that is known",
        ge=0,
    ),
]
TimeLimit = Annotated[
    float | None,
    Option(unit="ns", doc="neighbours differ in time by less; null: by any", ge=0),
]
TimeNeighbors = Annotated[
    int, Option(doc="kept neighbours within the time limit that a pixel needs", ge=0)
]
BrightPixels = Annotated[
    int, Option(doc="brightest pixels whose mean charge is taken", ge=1)
]
BrightFraction = Annotated[
    float,
    Option(doc="pixels of bright images below this share of that mean go", ge=0, le=1),
]
BrightThreshold = Annotated[
    float | None,
    Option(
        unit="p.e.", doc="an image is bright if that mean is at least; null: none", ge=0
    ),
]
LargestIslandOnly = Annotated[
    bool, Option(doc="keep the island of most pixels only, as island_selector can")
]


@register("cleaner", "NSBImageCleaner", writes=MASK)
def nsb_image_cleaner(
    image: F4,
    peak_time: F4,
    selected_gain_channel: I1,
    pedestal_index: I4,
    camera: TelescopeType,
    pedestal_std: F4 | None,
    *,
    picture_threshold_pe: PictureThreshold = 10.0,
    boundary_threshold_pe: BoundaryThreshold = 5.0,
    min_picture_neighbors: MinPictureNeighbors = 2,
    keep_isolated_pixels: KeepIsolated = False,
    pedestal_factor: PedestalFactor = 2.5,
    time_limit: TimeLimit = 2.0,
    time_num_neighbors: TimeNeighbors = 1,
    bright_cleaning_n_pixels: BrightPixels = 3,
    bright_cleaning_fraction: BrightFraction = 0.03,
    bright_cleaning_threshold: BrightThreshold = 267.0,
    largest_island_only: LargestIslandOnly = False,
) -> Columns:
    """Tail cuts above the night sky; then by time, and by share of the brightest."""
    csr = camera.neighbor_indptr, camera.neighbor_indices
    picture = per_pixel(picture_threshold_pe, image)[np.newaxis]
    if pedestal_std is not None:
        # The scatter in the gain that a pixel is read from, as for invalid pixels.
        scatter = of_selected_channel(
            pedestal_std, pedestal_index, selected_gain_channel
        )
        # Not the larger of the two if one is NaN: where nothing is known.
        picture = np.fmax(picture, np.float32(pedestal_factor) * scatter)
    mask = tailcuts(
        image,
        picture,
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        keep_isolated_pixels,
        *csr,
    )
    if time_limit is not None:
        mask = time_delta(mask, peak_time, time_num_neighbors, time_limit, *csr)
    if bright_cleaning_threshold is not None:
        brightest = brightest_means(image, bright_cleaning_n_pixels)
        is_bright = brightest >= bright_cleaning_threshold
        least = np.where(is_bright, bright_cleaning_fraction * brightest, -np.inf)
        mask &= image >= least[:, np.newaxis]
    if largest_island_only:
        mask = largest_islands(mask, camera)
    return {"image_mask": mask}
