"""The kept pixels of each image as lists, and which images are worth parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, AnyArray, Mask
from cta_columnar.config.expressions import Cut
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.island_counts import ISLAND_COUNTS, island_counts
from cta_columnar.kernels.kept_pixels import charge_sums, gather, kept_pixels
from cta_columnar.kernels.statistics import STATISTICS, statistics
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1
from cta_columnar.stages.selection import Selection

ChargeAbove = Annotated[
    float, Option(unit="p.e.", doc="the kept charge must be above this", ge=0)
]
PixelsAbove = Annotated[
    int, Option(doc="the number of kept pixels must be above this", ge=0)
]
FurtherCuts = Annotated[
    tuple[tuple[str, str], ...],
    Option(doc="further conditions: pairs of name and expression"),
]

# They have a value per kept pixel (k), or per event and one more (kept_indptr).
KEPT_LISTS = frozenset({"kept_indptr", "kept_pixels", "kept_charge"})

# Working arrays of the chain. Only `is_parametrized` is ever written to a table.
KEPT_PIXELS = pa.schema(
    [
        ("kept_indptr", pa.int64()),
        ("kept_pixels", pa.int32()),
        ("kept_charge", pa.float64()),
        ("is_parametrized", pa.bool_()),
        *dl1.IMAGE_QUALITY,
    ]
)


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """What an image with parameters must be like.

    Attributes
    ----------
    charge_above : float
        Least charge, p.e., itself excluded.
    pixels_above : int
        Least number of pixels, itself excluded.
    cuts : tuple of Cut
        Further conditions on `config.images.IMAGE_QUANTITIES`.
    """

    charge_above: float
    pixels_above: int
    cuts: tuple[Cut, ...]

    @classmethod
    def of(
        cls,
        charge_above: float,
        pixels_above: int,
        cuts: Iterable[tuple[str, str]],
    ) -> "ImageQuality":
        """Put together the options of an algorithm."""
        return cls(charge_above, pixels_above, tuple(Cut(*each) for each in cuts))

    @property
    def columns(self) -> set[str]:
        """What the further conditions read."""
        return {column for cut in self.cuts for column in cut.columns}


def keep(
    image: AnyArray,
    mask: Mask,
    camera: TelescopeType,
    quality: ImageQuality,
) -> dict[str, AnyArray]:
    """List the pixels of a mask, once for all parameters.

    Parameters
    ----------
    image : number[e, p]
        Charges, p.e.
    mask : bool[e, p]
        Pixels to keep.
    camera : TelescopeType
        Tells which pixels touch.
    quality : ImageQuality
        What an image with parameters must be like.

    Returns
    -------
    dict of str to array
        The columns of `KEPT_PIXELS`.
    """
    indptr, pixels = kept_pixels(mask)
    charge = gather(image, indptr, pixels)
    quantities: dict[str, AnyArray] = {
        "charge": charge_sums(charge, indptr),
        "n_pixels": np.diff(indptr),
    }
    if "brightest" in quality.columns:
        of_all = statistics(charge, indptr, np.ones(len(image), np.bool_))
        quantities["brightest"] = of_all[STATISTICS.index("max")]
    if "n_islands" in quality.columns:
        csr = camera.neighbor_indptr, camera.neighbor_indices
        counts = island_counts(indptr, pixels, *csr)
        quantities["n_islands"] = counts[ISLAND_COUNTS.index("n_islands")]
    passes_charge = quantities["charge"] > quality.charge_above
    passes_pixels = quantities["n_pixels"] > quality.pixels_above
    further = Selection.of(quality.cuts, quantities, len(image))
    return {
        "kept_indptr": indptr,
        "kept_pixels": pixels,
        "kept_charge": charge,
        "is_parametrized": passes_charge & passes_pixels & further.mask,
        "passes_charge": passes_charge,
        "passes_pixels": passes_pixels,
        "passes_cuts": further.passed.T,
    }


@register("image_quality", "image_quality", writes=KEPT_PIXELS)
def image_quality(
    image: F4,
    image_mask: Mask,
    camera: TelescopeType,
    *,
    charge_above: ChargeAbove = 0.0,
    pixels_above: PixelsAbove = 1,
    cuts: FurtherCuts = (),
) -> Columns:
    """List the kept pixels, and choose the images that get parameters."""
    quality = ImageQuality.of(charge_above, pixels_above, cuts)
    return keep(image, image_mask, camera, quality)
