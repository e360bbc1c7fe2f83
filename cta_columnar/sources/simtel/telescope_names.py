"""What a simulated telescope is called."""

from collections.abc import Mapping
from typing import NamedTuple

from cta_columnar.instrument.optics import ReflectorShape, SizeType, size_type_of

_SC: ReflectorShape = "SCHWARZSCHILD_COUDER"
_DC: ReflectorShape = "DAVIES_COTTON"

# MIRROR_CLASS in the metadata of a telescope
SEGMENTED, SOLID_PARABOLIC, DUAL = 0, 1, 2


class TelescopeNames(NamedTuple):
    """Names of a telescope and facts that go with them."""

    size_type: SizeType
    optics: str
    camera: str
    n_mirrors: int
    reflector_shape: ReflectorShape


# Facts from ctapipe/instrument/guess.py (0.32), for files without metadata. Keys are
# pixels, focal length in m rounded to 0.01 m, and mirror tiles where these decide.
# One mirror for the SCT is what that table has, although it has two.
KNOWN: dict[tuple[int, float, int | None], TelescopeNames] = {
    (2048, 2.28, None): TelescopeNames("SST", "GCT", "CHEC", 2, _SC),
    (2368, 2.15, None): TelescopeNames("SST", "ASTRI", "ASTRICam", 2, _SC),
    (2048, 2.15, None): TelescopeNames("SST", "ASTRI", "CHEC", 2, _SC),
    (1296, 5.60, None): TelescopeNames("SST", "1M", "DigiCam", 1, _DC),
    (1764, 16.0, None): TelescopeNames("MST", "MST", "FlashCam", 1, "HYBRID"),
    (1855, 16.0, None): TelescopeNames("MST", "MST", "NectarCam", 1, "HYBRID"),
    (1855, 28.0, None): TelescopeNames("LST", "LST", "LSTCam", 1, "PARABOLIC"),
    (11328, 5.59, None): TelescopeNames("MST", "SCT", "SCTCam", 1, _SC),
    (1039, 16.97, 964): TelescopeNames("LST", "MAGIC-1", "MAGICCam", 1, "PARABOLIC"),
    (1039, 16.97, 247): TelescopeNames("LST", "MAGIC-2", "MAGICCam", 1, "PARABOLIC"),
    (1039, 17.0, 964): TelescopeNames("LST", "MAGIC-1", "MAGICCam", 1, "PARABOLIC"),
    (1039, 17.0, 247): TelescopeNames("LST", "MAGIC-2", "MAGICCam", 1, "PARABOLIC"),
    (960, 15.0, None): TelescopeNames("MST", "HESS-I", "HESS-I", 1, _DC),
    (2048, 36.0, None): TelescopeNames("LST", "HESS-II", "HESS-II", 1, "PARABOLIC"),
    (1440, 4.89, None): TelescopeNames("SST", "FACT", "FACT", 1, "HYBRID"),
}


def names_of(
    meta: Mapping[bytes, bytes],
    n_pixels: int,
    focal_length: float,
    n_mirror_tiles: int,
    mirror_area: float,
) -> TelescopeNames:
    """Names from the metadata, else from a table of known telescopes, else made up.

    Parameters
    ----------
    meta : mapping of bytes to bytes
        Metadata of the telescope; empty in old files.
    n_pixels, n_mirror_tiles : int
        Pixels of the camera, facets of the mirror.
    focal_length : float
        The equivalent one, m.
    mirror_area : float
        m2.

    Raises
    ------
    ValueError
        If the metadata have no sense.
    """
    if {b"OPTICS_CONFIG_NAME", b"CAMERA_CONFIG_NAME", b"MIRROR_CLASS"} <= meta.keys():
        return _from_meta(meta, mirror_area)
    rounded = round(focal_length, 2)
    for tiles in (n_mirror_tiles, None):
        if (n_pixels, rounded, tiles) in KNOWN:
            return KNOWN[n_pixels, rounded, tiles]
    return TelescopeNames(
        size_type_of(mirror_area),
        f"UNKNOWN-{mirror_area:.0f}M2",
        f"UNKNOWN-{n_pixels}PX",
        -1,
        "UNKNOWN",
    )


def _from_meta(meta: Mapping[bytes, bytes], mirror_area: float) -> TelescopeNames:
    mirror_class = int(meta[b"MIRROR_CLASS"])
    if mirror_class not in (SEGMENTED, SOLID_PARABOLIC, DUAL):
        raise ValueError(f"MIRROR_CLASS {mirror_class} is not known")
    return TelescopeNames(
        size_type_of(mirror_area),
        meta[b"OPTICS_CONFIG_NAME"].decode(errors="replace"),
        meta[b"CAMERA_CONFIG_NAME"].decode(errors="replace"),
        2 if mirror_class == DUAL else 1,
        _shape(mirror_class, meta),
    )


def _shape(mirror_class: int, meta: Mapping[bytes, bytes]) -> ReflectorShape:
    if mirror_class == DUAL:
        return _SC
    if mirror_class == SOLID_PARABOLIC or int(meta.get(b"PARABOLIC_DISH", 0)) == 1:
        return "PARABOLIC"
    # Facets of a Davies-Cotton dish lie on a sphere about the focus.
    dish = float(meta.get(b"DISH_SHAPE_Length", 0))
    return _DC if dish == float(meta.get(b"FOCAL_Length", 0)) else "HYBRID"
