"""Whether tables keep the format: all that is wrong, in words."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import AnyArray
from cta_columnar.gadf.content import content_problems, observation_problems
from cta_columnar.gadf.hdu import Hdu
from cta_columnar.schemas import gadf


def hdu_problems(hdu: Hdu) -> list[str]:
    """Find what is wrong with one table: keywords, columns, units, types, content.

    Parameters
    ----------
    hdu : Hdu
        Made or read; its kind is known.

    Returns
    -------
    problems : list of str
        Each names the table, what it is about, and what the format wants. Empty if
        there are none.
    """
    known = gadf.CLASSES[hdu.kind]
    layout = [*_keyword_problems(hdu, known), *_column_problems(hdu, known)]
    # What numbers are like can be said of complete tables only.
    found = layout or list(content_problems(hdu))
    return [f"{hdu.name}: {problem}" for problem in found]


def file_problems(hdus: Iterable[Hdu]) -> list[str]:
    """Find what is wrong with the tables of one observation, each and together."""
    tables = list(hdus)
    found = [problem for hdu in tables for problem in hdu_problems(hdu)]
    return found or list(observation_problems(tables))


def _keyword_problems(hdu: Hdu, known: gadf.HduClass) -> Iterator[str]:
    fixed = {
        "HDUCLASS": (gadf.HDUCLASS,),
        "HDUVERS": (gadf.VERSION,),
        **{f"HDUCLAS{i}": allowed for i, allowed in enumerate(known.classes, 1)},
    }
    for name, allowed in fixed.items():
        value = hdu.header.get(name)
        if value not in allowed:
            yield f"{name} is {value!r}, wanted is {' or '.join(map(repr, allowed))}"
    wanted = [pa.field("HDUDOC", pa.string()), *known.keywords]
    if "OBS_MODE" in known.keywords.names:
        mode = str(hdu.header.get("OBS_MODE", "POINTING"))
        if mode not in gadf.POINTING_BY_MODE:
            yield f"OBS_MODE is {mode!r}, wanted is 'POINTING' or 'DRIFT'"
        wanted += gadf.POINTING_BY_MODE.get(mode, gadf.NOTHING)
    for keyword in wanted:
        if keyword.name not in hdu.header:
            yield f"the keyword {keyword.name} is missing"
        elif not _is_of_type(hdu.header[keyword.name], keyword.type):
            value = hdu.header[keyword.name]
            yield f"{keyword.name} is {value!r}, wanted is a {keyword.type}"


def _is_of_type(value: object, wanted: pa.DataType) -> bool:
    if pa.types.is_string(wanted):
        return isinstance(value, str)
    if pa.types.is_integer(wanted):
        return isinstance(value, int) and not isinstance(value, bool)
    # Writers leave out the point of a whole number.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _column_problems(hdu: Hdu, known: gadf.HduClass) -> Iterator[str]:
    for name in known.columns.names:
        if name not in hdu.columns:
            yield f"the column {name} is missing"
    if len({len(values) for values in hdu.columns.values()}) > 1:
        yield "columns differ in their number of rows"
    for field in (*known.columns, *known.optional):
        if field.name not in hdu.columns:
            continue
        wanted, got = field.metadata[b"unit"].decode(), hdu.units.get(field.name, "")
        if not _same_unit(got, wanted):
            yield f"the unit of {field.name} is {got!r}, wanted is {wanted!r}"
        dtype = hdu[field.name].dtype
        if not _holds(hdu[field.name], field.type):
            yield f"the type of {field.name} is {dtype}, wanted is {field.type}"


def _same_unit(got: str, wanted: str) -> bool:
    if got == wanted:
        return True
    # They take longer to load than responses to write, whose units are as wanted.
    from astropy import units as u  # noqa: PLC0415

    try:
        return bool(u.Unit(got) == u.Unit(wanted))
    except ValueError:
        return False


def _holds(values: AnyArray, wanted: pa.DataType) -> bool:
    """Whether an array is of a type, or of the same kind and larger."""
    dtype = values.dtype
    if pa.types.is_string(wanted):
        return dtype.kind in "US"
    if pa.types.is_fixed_size_list(wanted):
        return dtype.kind == "b" and values.shape[1:] == (wanted.list_size,)
    kinds = "f" if pa.types.is_floating(wanted) else "iu"
    # Numbers without a size of their own in the format: 2 bytes hold what is counted.
    least = 2 if wanted == pa.int32() else wanted.bit_width // 8
    return dtype.kind in kinds and dtype.itemsize >= least and np.ndim(values) >= 1
