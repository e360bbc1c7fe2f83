"""A table of weather: what it may hold, and which observations it covers."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.table import Column, MaskedColumn
from astropy.time import Time
from erfa import ErfaWarning

from cta_columnar.array_types import F8, I8, AnyArray, Mask
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.text_tables import read_text_table
from cta_columnar.schemas import technical
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.dl3.technical import sub_intervals, weather_columns
from cta_columnar.stages.dl3.times import from_astropy, utc
from cta_columnar.store import read_parquet

POSSIBLE = {
    "transparency": (0.0, 1.5),
    "temperature": (-100.0, 100.0),
    "pressure": (300.0, 1200.0),
    # Sensors say a little more than 100 in fog.
    "humidity": (0.0, 110.0),
    "wind_speed": (0.0, 150.0),
}
"""Smallest and largest values; others are marks of what is missing, or other units."""


def read_weather(path: Path) -> dict[str, AnyArray]:
    """Read a table of conditions by time.

    Parameters
    ----------
    path : pathlib.Path
        CSV, ECSV or Parquet with a column ``time`` (UTC) and any of
        ``schemas.technical.WEATHER``.

    Returns
    -------
    columns : dict of str to array[n]
        ``time`` as int64 in ns since 1970 (TAI), in order.

    Raises
    ------
    UserError
        If it cannot be read, has no time or no row, an unknown column, a value that is
        no number or impossible, two values of one time that differ, or a unit (of
        ECSV) that is none of this quantity.
    """
    columns = _columns_of(path)
    if "time" not in columns:
        raise UserError(f"{path} has no column 'time' (UTC, 2024-12-05T23:40:00)")
    text = columns.pop("time").astype(str)
    for name in columns:
        if name not in technical.WEATHER.names:
            hint = did_you_mean(name, technical.WEATHER.names)
            raise UserError(
                f"{path}: nobody knows a column {name!r} of weather; {hint}"
            )
    if not columns or not text.size:
        what = "row" if columns else f"column of {', '.join(technical.WEATHER.names)}"
        raise UserError(f"{path} has no {what}")
    time_ns = _times(path, text)
    numbers = {name: _numbers(path, name, v) for name, v in columns.items()}
    order = np.argsort(time_ns, kind="stable")
    for name, values in numbers.items():
        _check_possible(path, name, values)
        _check_one_value(path, name, values[order], time_ns[order], order)
    return {"time": time_ns[order], **{n: v[order] for n, v in numbers.items()}}


def coverage_warnings(
    path: Path,
    weather: Mapping[str, AnyArray],
    observations: Sequence[Observation],
    length_s: float,
) -> Iterator[str]:
    """Tell of intervals that a table of weather says nothing about.

    Parameters
    ----------
    path : pathlib.Path
        Where it is from.
    weather : mapping of str to array
        From `read_weather`.
    observations : sequence of Observation
        All of them, cut into intervals.
    length_s : float
        Length of an interval, s.

    Raises
    ------
    UserError
        If that is all intervals.
    """
    pieces = np.concatenate([sub_intervals(each, length_s) for each in observations])
    found = weather_columns(weather, pieces)
    known = {n: np.isfinite(v) for n, v in weather.items() if n != "time"}
    missing = {name: int(np.isnan(found[name]).sum()) for name in known}
    if all(n == len(pieces) for n in missing.values()):
        first, last = pieces.min(), pieces.max()
        any_known = np.logical_or.reduce(list(known.values()))
        raise UserError(
            f"technical.weather: {path} covers {_range(weather['time'], any_known)}, "
            f"and none of the {len(pieces)} intervals, which are from {utc(first)} to "
            f"{utc(last)} (UTC): name the table of these dates, or none"
        )
    said: dict[str, list[str]] = {}
    for name, n in missing.items():
        if n:
            covered = _range(weather["time"], known[name])
            what = f"covers {covered}: {n} of {len(pieces)} intervals have no value"
            said.setdefault(what, []).append(name)
    for what, names in said.items():
        yield f"technical.weather: {', '.join(names)} of {path} {what}"


def _columns_of(path: Path) -> dict[str, AnyArray]:
    try:
        if path.suffix == ".parquet":
            table = read_parquet(path)
            return {n: table[n].to_numpy() for n in table.column_names}
        form = "ascii.ecsv" if path.suffix == ".ecsv" else "ascii.csv"
        read = read_text_table(path, form)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(f"{path} is no table of weather: {error}") from error
    return {n: _values(path, n, read[n]) for n in read.colnames}


def _values(path: Path, name: str, column: Column | Time) -> AnyArray:
    """Values of a column in our unit; of times in any scale, text in UTC."""
    if isinstance(column, Time):
        text = Time(column.utc, precision=9).isot
        return np.asarray(np.ma.filled(text, ""))
    filled = _filled(column)
    given = getattr(column, "unit", None)
    if given is None or name not in technical.WEATHER.names:
        return filled
    wanted = _unit_of(name)
    try:
        return np.asarray(
            u.Quantity(filled, given).to_value(wanted, equivalencies=u.temperature())
        )
    except (u.UnitConversionError, TypeError) as error:
        raise UserError(
            f"{path}, {name}: its unit {given} cannot be turned into "
            f"{wanted or 'a share of 1'}"
        ) from error


def _unit_of(name: str) -> str:
    return str(technical.WEATHER.field(name).metadata.get(b"unit", b""), "utf-8")


def _filled(column: Column) -> AnyArray:
    """Values of a column, NaN where a number is missing."""
    if isinstance(column, MaskedColumn) and column.dtype.kind in "iuf":
        return np.asarray(column.astype(np.float64).filled(np.nan))
    if isinstance(column, MaskedColumn) and column.dtype.kind == "U":
        return np.asarray(column.filled(""))
    return np.asarray(column)


def _times(path: Path, text: AnyArray) -> I8:
    try:
        return from_astropy(_utc_of(text))
    except ValueError as error:
        for row, each in enumerate(text.tolist(), 1):
            try:
                _utc_of(each)
            except ValueError:
                raise UserError(
                    f"{path}, row {row}, time: {each!r} is no time (UTC, "
                    "2024-12-05T23:40:00)"
                ) from None
        raise UserError(f"{path}, time: {error}") from error


def _utc_of(text: AnyArray | str) -> Time:
    """Read times; a year that no clock shows is none, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ErfaWarning)
        try:
            return Time(text, scale="utc")
        except ErfaWarning as error:
            raise ValueError(str(error)) from error


def _numbers(path: Path, name: str, values: AnyArray) -> F8:
    try:
        return values.astype(np.float64)
    except (ValueError, TypeError) as error:
        for row, each in enumerate(values.tolist(), 1):
            try:
                float(each)
            except (ValueError, TypeError):
                raise UserError(
                    f"{path}, row {row}, {name}: {each!r} is no number"
                ) from None
        raise UserError(f"{path}, {name}: {error}") from error


def _check_possible(path: Path, name: str, values: F8) -> None:
    low, high = POSSIBLE[name]
    for row in np.flatnonzero((values < low) | (values > high)):
        raise UserError(
            f"{path}, row {row + 1}, {name}: {values[row]:g} is impossible, wanted is "
            f"{low:g} to {high:g} {_unit_of(name)}".rstrip()
            + "; leave a value empty that is missing"
        )


def _check_one_value(
    path: Path, name: str, values: F8, time_ns: I8, order: AnyArray
) -> None:
    """Refuse two values of one time; all are in the order of time."""
    known = np.isfinite(values)
    values, time_ns, rows = values[known], time_ns[known], order[known] + 1
    for k in np.flatnonzero((np.diff(time_ns) == 0) & (np.diff(values) != 0)):
        raise UserError(
            f"{path}, rows {rows[k]} and {rows[k + 1]}, {name}: {values[k]:g} and "
            f"{values[k + 1]:g} of one time, {utc(time_ns[k])}: leave one out"
        )


def _range(time_ns: I8, known: Mask) -> str:
    if not known.any():
        return "no time"
    first, last = time_ns[known][[0, -1]]
    return f"{utc(first)} to {utc(last)} (UTC)"
