"""Telescope types out of the description blocks of telescopes."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from cta_columnar.array_types import Mask
from cta_columnar.instrument.camera import CameraGeometry, CameraReadout, PixelType
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.coordinates import rotated
from cta_columnar.kernels.simtel.block_types import (
    CAMERA_ORGANIZATION,
    CAMERA_SETTINGS,
    DISABLED_PIXELS,
    HISTORY_META,
    PIXEL_SETTINGS,
)
from cta_columnar.sources.simtel.header_blocks import (
    HeaderError,
)
from cta_columnar.sources.simtel.telescope_names import TelescopeNames, names_of

Content = Mapping[str, Any]
Blocks = Mapping[int, Content]

# Shape of a pixel and its rotation in deg, by the code in the camera settings.
# Old versions of the block have no code (-1): hexagons, as ctapipe takes them.
PIXEL_SHAPES: dict[int, tuple[PixelType, float]] = {
    -1: ("hexagon", 0.0),
    0: ("circle", 0.0),
    1: ("hexagon", 0.0),
    2: ("square", 0.0),
    3: ("hexagon", 30.0),
}

# No camera reaches as far (m); damage does.
CAMERA_SIZE_BELOW = 10.0
# Ten times as much as the largest has: pixels, and raw images of all gains. What lies
# in the file may be packed to nearly nothing.
MAX_PIXELS = 1 << 19
MAX_IMAGE_BYTES = 256 << 20
# Room for an image of each telescope at once.
MAX_ARRAY_BYTES = 16 << 30


class TelescopeTypes:
    """Groups telescopes that are read out alike.

    Equal cameras become one object, so that what is derived from them (neighbours,
    borders) is computed once.
    """

    def __init__(self) -> None:
        self.types: list[TelescopeType] = []
        self._by_digest: dict[str, int] = {}
        self._shared: dict[CameraGeometry, CameraGeometry] = {}

    def add(self, blocks: Blocks, meta: Mapping[bytes, bytes]) -> int:
        """Return the row of the telescope's type, a new one if there is none yet.

        Parameters
        ----------
        blocks : mapping of int to content
            Camera settings, camera organisation, pixel settings, disabled pixels.
        meta : mapping of bytes to bytes
            Metadata of the telescope, if any.

        Raises
        ------
        HeaderError
            If the blocks contradict each other or hold impossible values.
        """
        _check(blocks)
        settings = blocks[CAMERA_SETTINGS]
        optics, names = _optics(settings, meta)
        camera = _camera(settings, names.camera)
        camera = self._shared.setdefault(camera, camera)
        new = TelescopeType(
            self._unused(f"{names.size_type}_{names.optics}_{names.camera}"),
            optics,
            camera,
            _readout(blocks, names.camera),
            optics.equivalent_focal_length,
        )
        row = self._by_digest.setdefault(new.digest, len(self.types))
        if row == len(self.types):
            self.types.append(new)
        return row

    def _unused(self, name: str) -> str:
        # It becomes the name of a folder.
        name = re.sub(r"[^\w.+-]", "-", name, flags=re.ASCII)
        taken = {each.name for each in self.types}
        numbered = name
        n = 1
        while numbered in taken:
            n += 1
            numbered = f"{name}_{n}"
        return numbered


def check_room(subarray: SubarrayDescription) -> None:
    """Refuse an array whose images are too large to hold one of each telescope.

    Raises
    ------
    HeaderError
        Which says how large they are.
    """
    images = [
        2 * each.readout.n_channels * each.readout.n_pixels * each.readout.n_samples
        for each in subarray.types
    ]
    n_bytes = sum(images[row] for row in subarray.type_index.tolist())
    if n_bytes > MAX_ARRAY_BYTES:
        raise HeaderError(
            PIXEL_SETTINGS,
            f"raw images of {len(subarray)} telescopes have {n_bytes} bytes, "
            f"{MAX_ARRAY_BYTES} at most are read",
        )


def outlier_mask(blocks: Blocks) -> Mask:
    """bool[c, p]: pixels whose high voltage is off."""
    organization = blocks[CAMERA_ORGANIZATION]
    mask = np.zeros((organization["n_gains"], organization["n_pixels"]), np.bool_)
    mask[:, blocks[DISABLED_PIXELS]["HV_disabled"]] = True
    return mask


def _check(blocks: Blocks) -> None:
    settings, pixels = blocks[CAMERA_SETTINGS], blocks[PIXEL_SETTINGS]
    n_pixels = settings["n_pixels"]
    if n_pixels < 1:
        raise HeaderError(CAMERA_SETTINGS, f"a camera of {n_pixels} pixels")
    for name in ("pixel_x", "pixel_y", "pixel_area"):
        if not (np.abs(settings[name]) < CAMERA_SIZE_BELOW).all():
            raise HeaderError(
                CAMERA_SETTINGS, f"{name} is not finite, or far too large"
            )
    for name in ("focal_length", "mirror_area", "cam_rot"):
        value = settings[name]
        if not math.isfinite(value) or (name == "focal_length" and not value > 0):
            raise HeaderError(CAMERA_SETTINGS, f"{name} is {value}")
    if not (settings["pixel_area"] > 0).all() or settings["mirror_area"] < 0:
        raise HeaderError(CAMERA_SETTINGS, "an area is negative or 0")

    organization = blocks[CAMERA_ORGANIZATION]
    if organization["n_pixels"] != n_pixels or organization["n_gains"] not in (1, 2):
        raise HeaderError(
            CAMERA_ORGANIZATION,
            f"{organization['n_gains']} gains x {organization['n_pixels']} pixels, "
            f"but the camera settings have {n_pixels} pixels",
        )
    if pixels["n_pixels"] != n_pixels:
        raise HeaderError(
            PIXEL_SETTINGS, f"{pixels['n_pixels']} pixels, not {n_pixels}"
        )
    slice_ns, n_samples = pixels.get("time_slice", 0.0), pixels.get("sum_bins", 0)
    if not 0.0 < slice_ns < math.inf or n_samples < 1:
        raise HeaderError(
            PIXEL_SETTINGS, f"{n_samples} samples of {slice_ns} ns per waveform"
        )
    # Of the file they are numbers of 32 bits, which would overflow.
    n_bytes = 2 * int(organization["n_gains"]) * int(n_pixels) * int(n_samples)
    if n_pixels > MAX_PIXELS or n_bytes > MAX_IMAGE_BYTES:
        raise HeaderError(
            PIXEL_SETTINGS,
            f"{n_pixels} pixels with {n_samples} samples; wanted are no more than "
            f"{MAX_PIXELS} pixels, and images of {MAX_IMAGE_BYTES} bytes",
        )
    disabled = blocks[DISABLED_PIXELS]["HV_disabled"]
    if ((disabled < 0) | (disabled >= n_pixels)).any():
        raise HeaderError(
            DISABLED_PIXELS, f"pixels beyond the {n_pixels} of the camera"
        )


def _optics(
    settings: Content, meta: Mapping[bytes, bytes]
) -> tuple[OpticsDescription, TelescopeNames]:
    focal_length, n_tiles = float(settings["focal_length"]), int(settings["n_mirrors"])
    area = float(settings["mirror_area"])
    try:
        names = names_of(meta, settings["n_pixels"], focal_length, n_tiles, area)
    except ValueError as error:
        raise HeaderError(HISTORY_META, str(error)) from error
    effective = float(settings.get("effective_focal_length", math.nan))
    optics = OpticsDescription(
        names.optics,
        names.size_type,
        names.reflector_shape,
        names.n_mirrors,
        n_tiles,
        area,
        focal_length,
        effective if effective > 0 else math.nan,  # 0 where it was not configured
    )
    return optics, names


def _camera(settings: Content, name: str) -> CameraGeometry:
    """Geometry turned back by the rotation of the camera."""
    code = int(settings["pixel_shape"][0])
    if code not in PIXEL_SHAPES:
        raise HeaderError(CAMERA_SETTINGS, f"pixel shape {code} is not known")
    shape, shape_rotation = PIXEL_SHAPES[code]
    x = settings["pixel_x"].astype(np.float64)
    y = settings["pixel_y"].astype(np.float64)
    rotation = float(settings["cam_rot"])
    return CameraGeometry(
        name,
        *rotated(x, y, rotation),
        settings["pixel_area"].astype(np.float64),
        shape,
        shape_rotation + math.degrees(rotation),
        0.0,
    )


def _readout(blocks: Blocks, name: str) -> CameraReadout:
    pixels, organization = blocks[PIXEL_SETTINGS], blocks[CAMERA_ORGANIZATION]
    slice_ns = float(pixels["time_slice"])
    step = float(pixels.get("ref_step", slice_ns))
    pulse = np.array(pixels.get("ref_shape", ()), np.float64)
    if not pulse.size:
        # Not in the file: one sample, which no window cuts.
        pulse, step = np.ones((organization["n_gains"], 1)), slice_ns
    if not np.isfinite(pulse).all() or not 0.0 < step < math.inf:
        raise HeaderError(PIXEL_SETTINGS, "the reference pulse is not finite")
    if len(pulse) == 1:
        pulse = np.repeat(pulse, organization["n_gains"], axis=0)
    if len(pulse) != organization["n_gains"]:
        raise HeaderError(
            PIXEL_SETTINGS,
            f"{len(pulse)} reference pulses for {organization['n_gains']} gains",
        )
    return CameraReadout(
        name,
        1.0 / slice_ns,
        pulse,
        step,
        int(organization["n_gains"]),
        int(organization["n_pixels"]),
        int(pixels["sum_bins"]),
    )
