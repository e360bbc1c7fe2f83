"""Muon rings: geometry, light distribution, and the throughput that they tell."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from cta_columnar.array_types import F4, F8, I8, Mask
from cta_columnar.errors import UserError
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.kept_pixels import charge_sums
from cta_columnar.kernels.muon_efficiency import MUON_EFFICIENCY, muon_efficiency
from cta_columnar.kernels.muon_light import FINE_STRUCTURE
from cta_columnar.kernels.muon_parameters import muon_parameters
from cta_columnar.kernels.muon_rings import (
    KUNDU_CHAUDHURI,
    KUNDU_CHAUDHURI_TAUBIN,
    MUON_RING,
    TAUBIN,
    muon_rings,
)
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import dl1

_METHODS = {
    "kundu_chaudhuri": KUNDU_CHAUDHURI,
    "taubin": TAUBIN,
    "kundu_chaudhuri_taubin": KUNDU_CHAUDHURI_TAUBIN,
}
# Of discs as large as the hexagonal holes in the mirrors, m.
_HOLE_RADII = {"LST": 0.74, "MST": 0.59, "SST": 0.38}
# As in ctapipe: the model of the light knows of no second one that throws a shadow.
ONE_MIRROR = 1
# Area of a disc as wide as a pixel over that of the pixel.
_ROUNDNESS = {
    "hexagon": 0.5 * math.pi / math.sqrt(3.0),
    "square": 0.25 * math.pi,
    "circle": 1.0,
}


PixelsAbove = Annotated[
    int, Option(doc="a ring is fitted to images of more kept pixels", ge=0)
]
ChargeAbove = Annotated[float, Option(unit="p.e.", doc="and of more kept charge", ge=0)]
FitMethod = Annotated[
    Literal["kundu_chaudhuri", "taubin", "kundu_chaudhuri_taubin"],
    Option(
        doc="fit of a circle to the ring; taubin, for which dark pixels count like lit "
        "ones, makes rings of muons too large by some 15 %"
    ),
]
CompletenessThreshold = Annotated[
    float, Option(unit="p.e.", doc="charge of a lit bin of 12 deg of azimuth", ge=0)
]
RatioWidth = Annotated[
    float, Option(unit="pixel", doc="full width of intensity_ratio", gt=0)
]
RingIntegrationWidth = Annotated[
    float, Option(doc="half width of the ring for sums of charge, radii", gt=0)
]
OuterRingWidth = Annotated[
    float, Option(doc="width of the strips beside it, radii", gt=0)
]
RingPixelsAbove = Annotated[
    int, Option(doc="the light of rings with more pixels near them is fitted", ge=0)
]
ContainmentAbove = Annotated[
    float, Option(doc="and with a larger share inside the camera", ge=0, lt=1)
]
IntensityRatioAbove = Annotated[
    float,
    Option(
        doc="and with a larger share of their charge on them; 0.5 spares showers",
        ge=0,
        lt=1,
    ),
]
Pedestal = Annotated[float, Option(unit="p.e.", doc="noise of a pixel", gt=0)]
SpeWidth = Annotated[
    float, Option(unit="p.e.", doc="spread of single photo-electrons", ge=0)
]
Wavelength = Annotated[float, Option(unit="nm", doc="of the Cherenkov light", gt=0)]
HoleRadius = Annotated[
    float | None,
    Option(
        unit="m",
        doc="hole in the mirror; null: 0.74 for LST, 0.59 MST, 0.38 SST",
        ge=0,
    ),
]
Oversampling = Annotated[
    int, Option(doc="points on the ring per pixel, for the light", ge=1, le=100)
]


def _check_wavelengths(options: Mapping[str, Any]) -> None:
    shortest, longest = options["min_wavelength"], options["max_wavelength"]
    if shortest >= longest:
        raise UserError(
            f"min_wavelength: must be below max_wavelength={longest:g} nm, got "
            f"{shortest:g}"
        )


@register("muons", "MuonProcessor", writes=dl1.MUON_COLUMNS, check=_check_wavelengths)
def muon_processor(
    image: F4,
    image_mask: Mask,
    kept_indptr: I8,
    kept_charge: F8,
    camera: TelescopeType,
    *,
    pixels_above: PixelsAbove = 100,
    charge_above: ChargeAbove = 500.0,
    fit_method: FitMethod = "kundu_chaudhuri_taubin",
    completeness_threshold: CompletenessThreshold = 30.0,
    ratio_width: RatioWidth = 1.5,
    ring_integration_width: RingIntegrationWidth = 0.25,
    outer_ring_width: OuterRingWidth = 0.2,
    ring_pixels_above: RingPixelsAbove = 50,
    containment_above: ContainmentAbove = 0.5,
    intensity_ratio_above: IntensityRatioAbove = 0.0,
    pedestal: Pedestal = 1.1,
    spe_width: SpeWidth = 0.5,
    min_wavelength: Wavelength = 300.0,
    max_wavelength: Wavelength = 600.0,
    hole_radius: HoleRadius = None,
    oversampling: Oversampling = 3,
) -> Columns:
    """Rings of telescopes with one mirror, their light and the throughput."""
    photons_per_m = _photons_per_m(min_wavelength, max_wavelength)
    columns = _nothing(len(image))
    rows = np.flatnonzero(
        (np.diff(kept_indptr) > pixels_above)
        & (charge_sums(kept_charge, kept_indptr) > charge_above)
    )
    if rows.size == 0 or camera.optics.n_mirrors != ONE_MIRROR:
        return columns
    image, image_mask = image[rows], image_mask[rows]
    ring, near = _fit_rings(image, image_mask, camera, fit_method)
    parameters = _describe(
        *(image, image_mask, camera, ring),
        *(completeness_threshold, ratio_width),
        *(ring_integration_width, outer_ring_width),
    )
    containment, _, intensity_ratio = parameters[:3]
    wanted = near.sum(axis=1) > ring_pixels_above
    wanted &= containment > containment_above
    wanted &= intensity_ratio > intensity_ratio_above
    if hole_radius is None:
        hole_radius = _HOLE_RADII.get(camera.optics.size_type, 0.0)
    light_of = photons_per_m, pedestal, spe_width, oversampling
    light = _fit_light(image, near, wanted, ring, camera, hole_radius, *light_of)
    phi = MUON_RING.index("center_phi")
    ring[phi] = np.degrees(ring[phi])
    results = np.concatenate([ring, parameters, light])
    for name, result in zip(dl1.MUON_COLUMNS.names, results, strict=True):
        columns[name][rows] = _fitted(result, columns[name])
    return columns


def _photons_per_m(min_wavelength: float, max_wavelength: float) -> float:
    """Photons of a metre of the path at full emission, between wavelengths in nm."""
    return FINE_STRUCTURE * 1e9 * (1.0 / min_wavelength - 1.0 / max_wavelength)


def _fit_rings(
    image: F4, image_mask: Mask, camera: TelescopeType, fit_method: str
) -> tuple[F8, Mask]:
    """Fit circles; return them (deg, but azimuths in rad) and the pixels near them."""
    near = np.empty_like(image_mask)
    ring = np.empty((len(MUON_RING), len(image)))
    pixels = camera.fov_lon, camera.fov_lat
    muon_rings(image, image_mask, *pixels, _METHODS[fit_method], ring, near)
    return ring, near


def _describe(
    image: F4,
    image_mask: Mask,
    camera: TelescopeType,
    ring: F8,
    completeness_threshold: float,
    ratio_width: float,
    ring_width: float,
    outer_width: float,
) -> F8:
    """Charge on and beside rings, whose centres and radii are in deg."""
    lon, lat, radius = ring[:3]
    return muon_parameters(
        image,
        image_mask,
        camera.fov_lon,
        camera.fov_lat,
        camera.pix_width_deg,
        camera.radius_deg,
        *(lon, lat, radius),
        *(completeness_threshold, ratio_width),
        *(ring_width, outer_width),
    )


def _fit_light(
    image: F4,
    near: Mask,
    wanted: Mask,
    ring: F8,
    camera: TelescopeType,
    hole_radius: float,
    photons_per_m: float,
    pedestal: float,
    spe_width: float,
    oversampling: int,
) -> F8:
    """Fit the light of rings, whose centres and radii are in deg; width in deg too."""
    lon, lat, radius = np.radians(ring[:3])
    light = muon_efficiency(
        image,
        near,
        wanted,
        np.radians(camera.fov_lon),
        np.radians(camera.fov_lat),
        math.radians(camera.pix_width_deg[0]),
        lon,
        lat,
        radius,
        math.sqrt(camera.optics.mirror_area / math.pi),
        hole_radius,
        _ROUNDNESS[camera.camera.pix_type],
        photons_per_m,
        pedestal,
        spe_width,
        oversampling,
    )
    width = MUON_EFFICIENCY.index("width")
    light[width] = np.degrees(light[width])
    return light


def _nothing(n_rows: int) -> dict[str, F8]:
    """Return the columns of images without a ring: NaN, no pixels, false."""
    return {
        field.name: np.full(
            n_rows,
            np.nan if str(field.type) == "double" else 0,
            field.type.to_pandas_dtype(),
        )
        for field in dl1.MUON_COLUMNS
    }


def _fitted(result: F8, column: F8) -> F8:
    """Return a row of the kernels, which are float64, in the type of its column."""
    missing = 0.0 if column.dtype.kind != "f" else np.nan
    return np.where(np.isnan(result), missing, result).astype(column.dtype)
