"""Image cleaning: which pixels hold light of the shower."""

from typing import Annotated

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.cleaning import tailcuts
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

MASK = pa.schema([dl1.IMAGES.field("image_mask")])

PictureThreshold = Annotated[
    float, Option(unit="p.e.", doc="least charge of a pixel in the picture")
]
BoundaryThreshold = Annotated[
    float, Option(unit="p.e.", doc="least charge of a pixel beside the picture")
]
MinPictureNeighbors = Annotated[
    int, Option(doc="neighbours above the picture threshold it needs", ge=0)
]
KeepIsolated = Annotated[
    bool, Option(doc="take pixels above the picture threshold without neighbours too")
]


def per_pixel(threshold: float, image: F4) -> F4:
    """Give every pixel of an image[e, p] the same threshold."""
    return np.full(image.shape[1], threshold, np.float32)


@register("cleaner", "TailcutsImageCleaner", writes=MASK)
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
        per_pixel(picture_threshold_pe, image),
        per_pixel(boundary_threshold_pe, image),
        min_picture_neighbors,
        keep_isolated_pixels,
        camera.neighbor_indptr,
        camera.neighbor_indices,
    )
    return {"image_mask": mask}
