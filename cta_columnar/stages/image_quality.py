"""The kept pixels of each image as lists, and which images are worth parameters."""

from typing import Annotated

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, AnyArray, Mask
from cta_columnar.kernels.kept_pixels import charge_sums, gather, kept_pixels
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

CHARGE_ABOVE = Option(unit="p.e.", doc="the kept charge must be above this", ge=0)
PIXELS_ABOVE = Option(doc="the number of kept pixels must be above this", ge=0)

# Working arrays of the chain. Only `is_parametrized` is ever written to a table; the
# others have a value per kept pixel (k) or per event and one more (kept_indptr).
KEPT_PIXELS = pa.schema(
    [
        ("kept_indptr", pa.int64()),
        ("kept_pixels", pa.int32()),
        ("kept_charge", pa.float64()),
        ("is_parametrized", pa.bool_()),
        *dl1.IMAGE_QUALITY,
    ]
)


def keep(
    image: AnyArray,
    mask: Mask,
    charge_above: float,
    pixels_above: int,
) -> dict[str, AnyArray]:
    """List the pixels of a mask, once for all parameters.

    Parameters
    ----------
    image : number[e, p]
        Charges, p.e.
    mask : bool[e, p]
        Pixels to keep.
    charge_above : float
        Least charge of an image with parameters, p.e., itself excluded.
    pixels_above : int
        Least number of pixels of an image with parameters, itself excluded.

    Returns
    -------
    dict of str to array
        The columns of `KEPT_PIXELS`.
    """
    indptr, pixels = kept_pixels(mask)
    charge = gather(image, indptr, pixels)
    passes_charge = charge_sums(charge, indptr) > charge_above
    passes_pixels = np.diff(indptr) > pixels_above
    return {
        "kept_indptr": indptr,
        "kept_pixels": pixels,
        "kept_charge": charge,
        "is_parametrized": passes_charge & passes_pixels,
        "passes_charge": passes_charge,
        "passes_pixels": passes_pixels,
    }


@register("image_quality", "image_quality", writes=KEPT_PIXELS)
def image_quality(
    image: F4,
    image_mask: Mask,
    *,
    charge_above: Annotated[float, CHARGE_ABOVE] = 0.0,
    pixels_above: Annotated[int, PIXELS_ABOVE] = 1,
) -> Columns:
    """List the kept pixels, and choose the images that get parameters."""
    return keep(image, image_mask, charge_above, pixels_above)
