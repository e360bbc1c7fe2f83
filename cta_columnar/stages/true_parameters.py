"""Parameters of the true image of a simulation: photo-electrons without noise."""

from cta_columnar.array_types import I4
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.registry import Columns, register
from cta_columnar.schemas import dl1
from cta_columnar.stages import parameters
from cta_columnar.stages.image_quality import (
    ChargeAbove,
    FurtherCuts,
    ImageQuality,
    PixelsAbove,
    keep,
)


@register("true_parameters", "true_parameters", writes=dl1.TRUE_PARAMETERS)
def true_parameters(
    true_image: I4,
    camera: TelescopeType,
    *,
    charge_above: ChargeAbove = 0.0,
    pixels_above: PixelsAbove = 1,
    cuts: FurtherCuts = (),
) -> Columns:
    """Parameters of the pixels with true photo-electrons, but for those of time.

    An image that the file does not have is -1 in every pixel; its parameters are NaN
    and its counts 0.
    """
    quality = ImageQuality.of(charge_above, pixels_above, cuts)
    kept = keep(true_image, true_image > 0, camera, quality)
    indptr, pixels = kept["kept_indptr"], kept["kept_pixels"]
    charge, wanted = kept["kept_charge"], kept["is_parametrized"]
    images = (indptr, pixels, charge, wanted)

    hillas = parameters.hillas_parameters(*images, camera)
    ellipse = (
        hillas["hillas_intensity"],
        hillas["hillas_fov_lon"],
        hillas["hillas_fov_lat"],
        hillas["hillas_length"],
        hillas["hillas_width"],
        hillas["hillas_psi"],
    )
    columns = {
        **hillas,
        **parameters.leakage_parameters(*images, camera),
        **parameters.concentration_parameters(*images, *ellipse, camera),
        **parameters.morphology_parameters(indptr, pixels, camera),
        **parameters.intensity_statistics(indptr, charge, wanted),
    }
    return {f"true_{name}": column for name, column in columns.items()}
