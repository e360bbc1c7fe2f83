"""Data volume reduction: of which pixels the waveform is kept."""

from typing import Annotated

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, I1, I4, Mask
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.reduction import grown, tailcuts_reduction
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas.columns import column
from cta_columnar.stages.cleaning import (
    BoundaryThreshold,
    KeepIsolated,
    MinPictureNeighbors,
    PictureThreshold,
    check_thresholds,
    per_pixel,
)
from cta_columnar.stages.extraction import broken_pixels

PIXEL_MASK = pa.schema(
    [column("pixel_mask", pa.bool_(), "", "the waveform is kept", axes=("pixel",))]
)

BoundaryDilation = Annotated[
    bool,
    Option(doc="add all above boundary_threshold_pe that touches what is kept already"),
]
EndDilates = Annotated[
    int, Option(doc="rings of pixels added in the end, whatever their charge", ge=0)
]


@register("reducer", "NullDataVolumeReducer", writes=PIXEL_MASK)
def null_data_volume_reducer(image: F4) -> Columns:
    """Keep all pixels."""
    return {"pixel_mask": np.ones(image.shape, np.bool_)}


@register(
    "reducer", "TailCutsDataVolumeReducer", writes=PIXEL_MASK, check=check_thresholds
)
def tail_cuts_data_volume_reducer(
    image: F4,
    camera: TelescopeType,
    *,
    picture_threshold_pe: PictureThreshold = 10.0,
    boundary_threshold_pe: BoundaryThreshold = 5.0,
    min_picture_neighbors: MinPictureNeighbors = 2,
    keep_isolated_pixels: KeepIsolated = False,
    do_boundary_dilation: BoundaryDilation = True,
    n_end_dilates: EndDilates = 2,
) -> Columns:
    """Keep the pixels of a cleaned image and what is around them.

    In ctapipe the image is made for this alone, with no pixel taken as broken. It is
    made by the chain here, so whoever runs it decides that.

    One ring is ctapipe's default. Its pixels have lost neighbours, in whose samples
    extractors look for pulses: other charges are found in them, which may be above a
    threshold. Of two rings, the inner one has all its neighbours.
    """
    mask = tailcuts_reduction(
        image,
        per_pixel(picture_threshold_pe, image),
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        keep_isolated_pixels,
        do_boundary_dilation,
        n_end_dilates,
        camera.neighbor_indptr,
        camera.neighbor_indices,
    )
    return {"pixel_mask": mask}


@register("kept_neighbors", "KeepNeighborsOfBroken", writes=PIXEL_MASK)
def keep_neighbors_of_broken(
    pixel_mask: Mask,
    selected_gain_channel: I1,
    calibration_index: I4,
    camera: TelescopeType,
    coefficients: Coefficients,
) -> Columns:
    """Keep what the mean that a broken pixel gets later depends on.

    The mean is that of the neighbours. If all of them are kept, theirs are kept here,
    too: extractors look for their pulses there.
    """
    neighbors = camera.neighbor_indptr, camera.neighbor_indices
    broken = broken_pixels(coefficients, calibration_index, selected_gain_channel)
    is_inside = pixel_mask & ~grown(~pixel_mask, 1, *neighbors)
    around = grown(broken & is_inside, 2, *neighbors)
    return {"pixel_mask": pixel_mask | around}
