"""DL2: reconstructed array events, and what each telescope says of them."""

import pyarrow as pa

from cta_columnar.schemas.columns import column, merge, prefixed
from cta_columnar.schemas.keys import EVENT_KEY, EVENT_TYPE, TEL_EVENT_KEY, TIME
from cta_columnar.schemas.simulation import SHOWERS


def _f8(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float64(), unit, description)


TELESCOPE_LIST = pa.list_(pa.field("element", pa.int16(), nullable=False))


def geometry(prefix: str) -> pa.Schema:
    """Columns of a direction reconstructor, named ``<prefix>_alt`` and so on."""
    schema = pa.schema(
        [
            _f8("alt", "deg", "altitude of the direction"),
            _f8("alt_uncert", "deg", "its uncertainty"),
            _f8("az", "deg", "azimuth of the direction"),
            _f8("az_uncert", "deg", "its uncertainty"),
            _f8("ang_distance_uncert", "deg", "uncertainty of the direction on the sky"),
            _f8("core_x", "m", "core on the ground, to the north"),
            _f8("core_y", "m", "core on the ground, to the west"),
            _f8("core_uncert_x", "m", "its uncertainty"),
            _f8("core_uncert_y", "m", "its uncertainty"),
            _f8("core_tilted_x", "m", "core in the tilted frame"),
            _f8("core_tilted_y", "m", "core in the tilted frame"),
            _f8("core_tilted_uncert_x", "m", "its uncertainty"),
            _f8("core_tilted_uncert_y", "m", "its uncertainty"),
            _f8("h_max", "m", "height of the shower maximum above sea level"),
            _f8("h_max_uncert", "m", "its uncertainty"),
            column("is_valid", pa.bool_(), "", "the reconstruction succeeded"),
            _f8("average_intensity", "p.e.", "mean intensity of the images used"),
            _f8("goodness_of_fit", "", "measure of the quality of the fit"),
            column("telescopes", TELESCOPE_LIST, "", "telescopes used"),
        ]
    )  # fmt: skip
    return prefixed(schema, f"{prefix}_")


def depth(prefix: str) -> pa.Schema:
    """Columns that every reconstructor with a height of maximum gets beside it."""
    return pa.schema(
        [
            _f8(f"{prefix}_x_max", "g/cm2",
                "vertical depth of the shower maximum, from h_max and the atmosphere"),
            _f8(f"{prefix}_x_max_slant", "g/cm2",
                "the same along the shower axis: x_max / sin(alt)"),
        ]
    )  # fmt: skip


def telescope_geometry(prefix: str) -> pa.Schema:
    """Columns that a direction reconstructor adds to each telescope event."""
    return pa.schema(
        [
            _f8(f"{prefix}_tel_impact_distance", "m", "telescope to the shower axis"),
            _f8(f"{prefix}_tel_impact_distance_uncert", "m", "its uncertainty"),
        ]
    )


EVENTS = pa.schema(
    [
        *EVENT_KEY,
        EVENT_TYPE,
        *TIME,
        column("multiplicity", pa.int32(), "", "telescopes with an image"),
        _f8("array_pointing_alt", "deg", "altitude of the array pointing"),
        _f8("array_pointing_az", "deg", "azimuth of the array pointing"),
    ]
)

TRUTH = pa.schema([field for field in SHOWERS if field not in EVENT_KEY])

RECO = pa.schema(
    [
        _f8(
            "reco_alt", "deg", "altitude of the direction, by the configured algorithm"
        ),
        _f8("reco_az", "deg", "azimuth of the direction, by the configured algorithm"),
        column("reco_is_valid", pa.bool_(), "", "there is a reconstructed direction"),
    ]
)

TELESCOPES = pa.schema([*TEL_EVENT_KEY])

TRUE_IMPACT = pa.schema(
    [_f8("true_impact_distance", "m", "telescope to the true shower axis")]
)
CORE_PSI = pa.schema(
    [_f8("core_psi", "deg", "image axis in the tilted ground frame, in (-90, 90]")]
)


def _stereo(name: str) -> pa.Schema:
    return merge(geometry(name), depth(name))


HILLAS_RECONSTRUCTOR = _stereo("HillasReconstructor")
HILLAS_RECONSTRUCTOR_TEL = merge(telescope_geometry("HillasReconstructor"), CORE_PSI)
HILLAS_INTERSECTION = _stereo("HillasIntersection")
HILLAS_INTERSECTION_TEL = telescope_geometry("HillasIntersection")
