"""DL3: the tables of GADF files, version 0.3, their columns and header keywords.

From the specification of the open gamma-ray astronomy data formats,
https://gamma-astro-data-formats.readthedocs.io. A type is the least that will do: where
the specification says "float" and nothing of its size, 4 bytes. Units are those of the
specification. Other columns and keywords may be there as well.

Keywords are declared as columns are. Those of all tables are not repeated: HDUCLASS,
HDUDOC, HDUVERS and HDUCLAS1 to 4.
"""

from dataclasses import dataclass, field

import pyarrow as pa

from cta_columnar.schemas.columns import column, merge

VERSION = "0.3"
HDUCLASS = "GADF"
DOCUMENT = "https://github.com/open-gamma-ray-astro/gamma-astro-data-formats"

POINT_LIKE, FULL_ENCLOSURE = "POINT-LIKE", "FULL-ENCLOSURE"

NOTHING = pa.schema([])


def _float(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float32(), unit, description)


def _double(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float64(), unit, description)


def _int(name: str, description: str) -> pa.Field:
    return column(name, pa.int32(), "", description)


def _text(name: str, description: str) -> pa.Field:
    return column(name, pa.string(), "", description)


# Keywords.
TIME_REFERENCE = pa.schema(
    [
        _int("MJDREFI", "whole days of the reference time, MJD"),
        _double("MJDREFF", "", "the rest of it"),
        _text("TIMEUNIT", "unit of times"),
        _text("TIMESYS", "time scale"),
        _text("TIMEREF", "place that times are for"),
    ]
)
PLACE = pa.schema(
    [
        _double("GEOLON", "deg", "longitude of the array, to the east"),
        _double("GEOLAT", "deg", "latitude of the array"),
        _double("ALTITUDE", "m", "height of the array above sea level"),
    ]
)
OBSERVATION = pa.schema(
    [
        column("OBS_ID", pa.int64(), "", "observation"),
        _double("TSTART", "s", "start of the observation"),
        _double("TSTOP", "s", "end of the observation"),
        _double("ONTIME", "s", "sum of the good time intervals"),
        _double("LIVETIME", "s", "the same less dead time"),
        _double("DEADC", "", "LIVETIME / ONTIME"),
        _text("OBS_MODE", "POINTING or DRIFT"),
        _double("EQUINOX", "", "of coordinates, in years"),
        _text("RADECSYS", "reference frame of coordinates"),
        _text("ORIGIN", "organisation that made the file"),
        _text("TELESCOP", "telescope"),
        _text("INSTRUME", "instrument"),
        _text("CREATOR", "software that made the file"),
    ]
)
# Wanted by OBS_MODE.
POINTING_BY_MODE = {
    "POINTING": pa.schema(
        [
            _double("RA_PNT", "deg", "right ascension of the pointing"),
            _double("DEC_PNT", "deg", "declination of the pointing"),
        ]
    ),
    "DRIFT": pa.schema(
        [
            _double("ALT_PNT", "deg", "altitude of the pointing"),
            _double("AZ_PNT", "deg", "azimuth of the pointing"),
        ]
    ),
}

# Columns.
EVENTS = pa.schema(
    [
        column("EVENT_ID", pa.int64(), "", "event, unique in the file"),
        _double("TIME", "s", "time of the event"),
        _float("RA", "deg", "right ascension"),
        _float("DEC", "deg", "declination"),
        _float("ENERGY", "TeV", "energy"),
    ]
)
EVENTS_OPTIONAL = pa.schema(
    [
        column("EVENT_TYPE", pa.list_(pa.bool_(), 32), "", "quality, bit by bit"),
        _int("MULTIP", "telescopes that saw the event"),
        _float("GLON", "deg", "galactic longitude"),
        _float("GLAT", "deg", "galactic latitude"),
        _float("ALT", "deg", "altitude"),
        _float("AZ", "deg", "azimuth"),
        _float("DETX", "deg", "longitude in the field of view, against azimuth"),
        _float("DETY", "deg", "latitude in the field of view"),
        _float("THETA", "deg", "from the centre of the field of view"),
        _float("PHI", "deg", "position angle in the field of view, counter-clockwise"),
        _float("GAMMANESS", "", "likeness to a gamma ray, from 0 to 1"),
        _float("DIR_ERR", "deg", "error of the direction"),
        _float("ENERGY_ERR", "TeV", "error of the energy"),
        _float("COREX", "m", "core position"),
        _float("COREY", "m", "core position"),
        _float("CORE_ERR", "m", "error of the core position"),
    ]
)
GTI = pa.schema(
    [_double("START", "s", "start of the interval"), _double("STOP", "s", "its end")]
)
POINTING = pa.schema(
    [
        _double("TIME", "s", "time"),
        _float("RA_PNT", "deg", "right ascension of the pointing"),
        _float("DEC_PNT", "deg", "declination of the pointing"),
    ]
)
POINTING_OPTIONAL = pa.schema(
    [
        _float("ALT_PNT", "deg", "altitude of the pointing"),
        _float("AZ_PNT", "deg", "azimuth of the pointing"),
    ]
)
OBS_INDEX = pa.schema(
    [
        column("OBS_ID", pa.int64(), "", "observation"),
        _text("OBS_MODE", "POINTING or DRIFT"),
        _float("RA_PNT", "deg", "right ascension of the pointing, mean if it drifts"),
        _float("DEC_PNT", "deg", "declination of the pointing, mean if it drifts"),
        _double("TSTART", "s", "start of the observation"),
        _double("TSTOP", "s", "end of the observation"),
    ]
)
OBS_INDEX_OPTIONAL = pa.schema(
    [
        _float("ALT_PNT", "deg", "altitude of the pointing"),
        _float("AZ_PNT", "deg", "azimuth of the pointing"),
        _float("ZEN_PNT", "deg", "zenith angle of the pointing at the middle"),
        _double("TMID", "s", "middle of the observation"),
        _double("ONTIME", "s", "sum of the good time intervals"),
        _double("LIVETIME", "s", "the same less dead time"),
        _float("DEADC", "", "LIVETIME / ONTIME"),
        _int("N_TELS", "telescopes"),
        _text("TELLIST", "telescopes"),
        _int("QUALITY", "-1 unknown, 0 best, 1 medium, 2 bad"),
        _text("OBJECT", "target"),
        _float("RA_OBJ", "deg", "right ascension of the target"),
        _float("DEC_OBJ", "deg", "declination of the target"),
        _int("EVENT_COUNT", "events"),
    ]
)
HDU_INDEX = pa.schema(
    [
        column("OBS_ID", pa.int64(), "", "observation"),
        _text("HDU_TYPE", "what is in the table"),
        _text("HDU_CLASS", "in which of the formats for that"),
        _text("FILE_DIR", "folder, from that of the index"),
        _text("FILE_NAME", "file"),
        _text("HDU_NAME", "name of the table in the file"),
    ]
)
HDU_INDEX_OPTIONAL = pa.schema(
    [column("SIZE", pa.int64(), "", "size of the file in bytes"), _text("MD5", "of it")]
)

# Axes of responses: each has a column of lower and one of upper edges.
AXES = {
    "ENERG": "TeV",
    "MIGRA": "",
    "THETA": "deg",
    "RAD": "deg",
    "DETX": "deg",
    "DETY": "deg",
}


@dataclass(frozen=True)
class HduClass:
    """One kind of table.

    Attributes
    ----------
    name : str
        HDU_CLASS in the index of HDUs; of tables that it does not list, our own.
    hdu_type : str
        HDU_TYPE in that index, empty if it does not list it.
    extension : str
        Its name in a file.
    classes : tuple of tuple of str
        What HDUCLAS1 to 4 may be. The first of each is what we write.
    columns, optional : pyarrow.Schema
        Columns that must and that may be there.
    keywords : pyarrow.Schema
        Keywords that must be there.
    axes : tuple of str
        Of a response, in the order of CREF: the reverse of the array's.
    """

    name: str
    hdu_type: str
    extension: str
    classes: tuple[tuple[str, ...], ...]
    columns: pa.Schema = field(hash=False)
    optional: pa.Schema = field(default=NOTHING, hash=False)
    keywords: pa.Schema = field(default=NOTHING, hash=False)
    axes: tuple[str, ...] = ()

    @property
    def values(self) -> str:
        """Column of the values of a response: the one behind its axes."""
        return str(self.columns.names[2 * len(self.axes)])


def _response(
    name: str, extension: str, axes: tuple[str, ...], values: pa.Field,
    hduclas2: tuple[str, ...], hduclas3: tuple[str, ...], keywords: pa.Schema = NOTHING,
) -> HduClass:  # fmt: skip
    edges = [
        _float(f"{axis}_{end}", AXES[axis], "edges of bins")
        for axis in axes
        for end in ("LO", "HI")
    ]
    classes = (("RESPONSE",), hduclas2, hduclas3, (name.upper(),))
    hdu_type = name.removesuffix("_2d").removesuffix("_3d").removesuffix("_table")
    schema = pa.schema([*edges, values])
    return HduClass(name, hdu_type, extension, classes, schema, NOTHING, keywords, axes)


_EITHER = (FULL_ENCLOSURE, POINT_LIKE)
_RATE = _float("BKG", "MeV-1 s-1 sr-1", "rate of background")
_TIME_AND_PLACE = merge(TIME_REFERENCE, PLACE)

CLASSES: dict[str, HduClass] = {
    each.name: each
    for each in (
        HduClass("events", "events", "EVENTS", (("EVENTS",),), EVENTS, EVENTS_OPTIONAL,
                 merge(OBSERVATION, _TIME_AND_PLACE)),
        HduClass("gti", "gti", "GTI", (("GTI",),), GTI, NOTHING, TIME_REFERENCE),
        HduClass("pointing", "", "POINTING", (("POINTING",),), POINTING,
                 POINTING_OPTIONAL, _TIME_AND_PLACE),
        HduClass("obs_index", "", "OBS_INDEX", (("INDEX",), ("OBS",)), OBS_INDEX,
                 OBS_INDEX_OPTIONAL, _TIME_AND_PLACE),
        HduClass("hdu_index", "", "HDU_INDEX", (("INDEX",), ("HDU",)), HDU_INDEX,
                 HDU_INDEX_OPTIONAL),
        _response("aeff_2d", "EFFECTIVE AREA", ("ENERG", "THETA"),
                  _float("EFFAREA", "m2", "effective area"), ("EFF_AREA",), _EITHER),
        _response("edisp_2d", "ENERGY DISPERSION", ("ENERG", "MIGRA", "THETA"),
                  _float("MATRIX", "", "density in MIGRA"), ("EDISP",), _EITHER),
        # The page of PSF_TABLE has PSF, that of the classes RPSF, as gammapy writes.
        _response("psf_table", "PSF", ("ENERG", "THETA", "RAD"),
                  _float("RPSF", "sr-1", "density on the sky"), ("RPSF", "PSF"),
                  (FULL_ENCLOSURE,)),
        _response("bkg_2d", "BACKGROUND", ("ENERG", "THETA"), _RATE, ("BKG",), _EITHER),
        _response("bkg_3d", "BACKGROUND", ("ENERG", "DETX", "DETY"), _RATE, ("BKG",),
                  _EITHER, pa.schema([_text("FOVALIGN", "ALTAZ or RADEC")])),
        _response("rad_max_2d", "RAD_MAX", ("ENERG", "THETA"),
                  _float("RAD_MAX", "deg", "radius of the cut in direction"),
                  ("RAD_MAX",), (POINT_LIKE,)),
    )
}  # fmt: skip
