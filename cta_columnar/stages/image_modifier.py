"""Simulated images made more like data: a wider PSF, more light of the night sky."""

from typing import Annotated

import pyarrow as pa

from cta_columnar.array_types import F4, I2, I8
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.image_modifier import add_noise, smear_psf
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

IMAGE = pa.schema([dl1.IMAGES.field("image")])

Seed = Annotated[
    int,
    Option(
        doc="numbers drawn depend on it, on the event, the telescope and the pixel",
        ge=0,
        lt=2**32,
    ),
]


# Of `ImageModifier`: with all of them 0 it changes nothing.
THAT_CHANGE = (
    "psf_smear_factor",
    "noise_bias_dim_pixels",
    "noise_level_dim_pixels",
    "noise_level_bright_pixels",
)


@register("image_modifier", "ImageModifier", writes=IMAGE)
def image_modifier(
    image: F4,
    obs_id: I8,
    event_id: I8,
    tel_id: I2,
    camera: TelescopeType,
    *,
    psf_smear_factor: Annotated[
        float, Option(doc="share of the charge that moves to neighbours", ge=0, le=1)
    ] = 0.0,
    noise_transition_charge: Annotated[
        float, Option(unit="p.e.", doc="pixels above it are bright, others dim")
    ] = 0.0,
    noise_bias_dim_pixels: Annotated[
        float, Option(unit="p.e.", doc="added to dim pixels, besides the noise")
    ] = 0.0,
    noise_level_dim_pixels: Annotated[
        float, Option(unit="p.e.", doc="mean of the noise in dim pixels", ge=0)
    ] = 0.0,
    noise_level_bright_pixels: Annotated[
        float, Option(unit="p.e.", doc="mean of the noise in bright pixels", ge=0)
    ] = 0.0,
    noise_correct_bias: Annotated[
        bool, Option(doc="take the mean of the noise off again")
    ] = True,
    rng_seed: Seed = 1337,
) -> Columns:
    """Move light to neighbouring pixels, then add noise of the night sky."""
    key = rng_seed, obs_id, event_id, tel_id
    if psf_smear_factor > 0:
        csr = camera.neighbor_indptr, camera.neighbor_indices
        image = smear_psf(image, psf_smear_factor, *key, *csr)
    # ctapipe leaves the bias out where both levels are 0.
    if noise_level_dim_pixels or noise_level_bright_pixels or noise_bias_dim_pixels:
        image = add_noise(
            image,
            noise_transition_charge,
            noise_level_dim_pixels,
            noise_level_bright_pixels,
            noise_bias_dim_pixels,
            noise_correct_bias,
            *key,
        )
    return {"image": image}
