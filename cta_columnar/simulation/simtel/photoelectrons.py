"""True photo-electrons of an event (1204, with 1208 inside)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cta_columnar.kernels.simtel import encoding
from cta_columnar.kernels.simtel.block_types import (
    CALIBRATION_PE,
    PHOTO_ELECTRONS,
    TELESCOPE_DATA,
)
from cta_columnar.simulation.simtel.framing import block, container
from cta_columnar.simulation.simtel.packing import pack
from cta_columnar.simulation.simtel.showers import USES_PER_SHOWER
from cta_columnar.simulation.simtel.versions import check_version

_TEL_PER_USE = 1000
_HAS_AMPLITUDES, _HAS_PHOTONS = 1, 4


def photo_electrons(
    n_pixels: int,
    pixel: NDArray[np.int32],
    time: NDArray[np.float32],
    amplitude: NDArray[np.float32] | None = None,
    photons: NDArray[np.int32] | None = None,
    version: int = 2,
) -> bytes:
    """Payload of a block 1208.

    Parameters
    ----------
    n_pixels : int
        Pixels of the camera.
    pixel : int32[k]
        Pixel of each photo-electron, ascending.
    time : float32[k]
        Times, ns.
    amplitude : float32[k], optional
        Amplitudes, p.e. (from version 2 on).
    photons : int32[p], optional
        Photons in each pixel (from version 2 on).
    version : int
        3 has room for more than 32767 pixels.

    Raises
    ------
    ValueError
        If pixels do not ascend or are not in the camera.
    """
    check_version(PHOTO_ELECTRONS, version)
    if pixel.size and (pixel[0] < 0 or pixel[-1] >= n_pixels or _descend(pixel)):
        raise ValueError("pixels of photo-electrons are not those of a camera, sorted")
    flags = _HAS_AMPLITUDES * (amplitude is not None)
    flags |= _HAS_PHOTONS * (photons is not None)
    if version < 2 and flags:
        raise ValueError("version 1 has times only")
    values = amplitude if amplitude is not None else np.empty(0, np.float32)
    if not pixel.size == time.size == (values.size if flags & 1 else time.size):
        raise ValueError("photo-electrons lack pixels, times or amplitudes")
    encoded = encoding.photo_electrons(
        np.ascontiguousarray(pixel, np.int32),
        np.ascontiguousarray(time, np.float32),
        np.ascontiguousarray(values, np.float32),
        version > 2,
    )
    head = pack("2i", pixel.size, n_pixels)
    head += pack("h", flags) if version >= 2 else b""
    head += pack("i", encoding.count_pixels(np.ascontiguousarray(pixel, np.int32)))
    tail = _photons(photons) if photons is not None else b""
    return b"".join((head, encoded.data, tail))


def _descend(pixel: NDArray[np.int32]) -> bool:
    return bool((pixel[1:] < pixel[:-1]).any())


_PHOTONS = np.dtype([("pixel", "<i2"), ("count", "<i4")])


def _photons(photons: NDArray[np.int32]) -> bytes:
    """Photons of the pixels that have some."""
    listed = np.flatnonzero(photons)
    rows = np.empty(listed.size, _PHOTONS)
    rows["pixel"], rows["count"] = listed, photons[listed]
    return pack("i", listed.size) + rows.tobytes()


def photo_electrons_id(event: int, tel_id: int) -> int:
    """Id of a block 1208.

    Readers look for telescope ``tel_id`` under ``tel_id - 1``, wherever it stands in
    the run header.

    Parameters
    ----------
    event, tel_id : int
        Id of the event (its last two digits are the use of the shower); telescope.

    Raises
    ------
    ValueError
        If the telescope does not fit: there is room for 1000.
    """
    if not 1 <= tel_id <= _TEL_PER_USE:
        raise ValueError(f"telescope {tel_id} cannot have a true image: 1 to 1000 can")
    return _TEL_PER_USE * (event % USES_PER_SHOWER) + tel_id - 1


def true_images(
    event: int,
    images: Iterable[tuple[int, bytes]],
    version: int = 2,
    *,
    top: bool = True,
) -> bytes:
    """Block 1204: true images of one event; there may be none.

    Parameters
    ----------
    event : int
        Its id; of a calibration event, its number.
    images : iterable of tuple
        Telescope, and what `photo_electrons` gives for it.
    version : int
        Of these.
    top : bool
        Whether the block stands on its own.
    """
    blocks = (
        block(PHOTO_ELECTRONS, photo_electrons_id(event, tel_id), raw, version=version)
        for tel_id, raw in images
    )
    return container(TELESCOPE_DATA, event, *blocks, top=top)


def calibration_images(
    calibration_type: int,
    number: int,
    images: Iterable[tuple[int, bytes]],
    version: int = 2,
) -> bytes:
    """Block 2034: true images of a calibration event, directly before it."""
    inner = true_images(number, images, version, top=False)
    return container(CALIBRATION_PE, calibration_type, inner, top=True)
