"""Camera coefficients from a table, as a configuration names it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import I4
from cta_columnar.arrays import to_arrow, to_numpy
from cta_columnar.config import Stage1Config
from cta_columnar.digests import file_digest, value_digest
from cta_columnar.errors import UserError
from cta_columnar.instrument.camera_calibration import CameraCalibration
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.pipelines.calibration.columns import of_type
from cta_columnar.pipelines.calibration.files import PER_PIXEL, read_file
from cta_columnar.store import Part, Store, is_dataset, open_store

Calibrations = Mapping[str, CameraCalibration]

TABLE = "monitoring/camera_calibration"
_KEY = "monitoring.calibration"

# Those read last, by what they depend on: most often the same for all shards.
_known: dict[tuple[str, str, bool], Calibrations] = {}


def calibration_of(config: Stage1Config, subarray: SubarrayDescription) -> Calibrations:
    """Read the coefficients that a configuration names; once, if asked again.

    Returns
    -------
    mapping of str to CameraCalibration
        By telescope type; empty if the configuration names none.

    Raises
    ------
    UserError
        If they cannot be read, or do not fit a camera.
    """
    path = _path(config)
    if path is None:
        return {}
    any_run = config.monitoring.calibration_of_any_run
    key = calibration_digest(config), subarray.digest, any_run
    if key not in _known:
        _known.clear()
        try:
            _known[key] = _read(path, key[0], subarray, any_run=any_run)
        except UserError as error:
            raise UserError(f"{_KEY}: {path}: {error}") from error
    return _known[key]


def calibration_digest(config: Stage1Config) -> str:
    """Digest of the coefficients that a configuration names; "" if it names none.

    Raises
    ------
    UserError
        If they cannot be read.
    """
    path = _path(config)
    if path is None:
        return ""
    try:
        if is_dataset(path):
            return value_digest([part.sha256 for part in _parts(path)])
        return file_digest(path)
    except UserError as error:
        raise UserError(f"{_KEY}: {path}: {error}") from error
    except OSError as error:
        why = error.strerror or error
        raise UserError(f"{_KEY}: {path}: cannot be read: {why}") from error


def calibration_input(config: Stage1Config) -> tuple[str, str, int] | None:
    """Path, digest and bytes of the coefficients that a configuration names, if any.

    Of a dataset only the coefficients count, which are all that is read.

    Raises
    ------
    UserError
        If they cannot be read, or a file has a column that is of no use: before any
        work, and once instead of for each input.
    """
    path = _path(config)
    if path is None:
        return None
    digest = calibration_digest(config)
    if not is_dataset(path):
        try:
            _columns(path, digest)
        except UserError as error:
            raise UserError(f"{_KEY}: {path}: {error}") from error
        return str(path), digest, path.stat().st_size
    return str(path), digest, sum(part.size for part in _parts(path))


def _path(config: Stage1Config) -> Path | None:
    name = config.monitoring.calibration
    return None if name is None else Path(name).expanduser()


def _dataset(path: Path) -> Store:
    store = open_store(path)
    if not store.is_finished:
        raise UserError("is not finished; go on with it first, with --resume")
    if TABLE not in store.tables():
        raise UserError(
            f"has no table {TABLE}; ctacol run calibration makes such a dataset"
        )
    return store


def _parts(dataset: Path) -> list[Part]:
    parts = [part for record in _dataset(dataset).records for part in record.parts]
    return [part for part in parts if part.place.table == TABLE]


@lru_cache(maxsize=1)
def _columns(path: Path, digest: str) -> Mapping[str, Any]:
    """Read a file once for all who ask."""
    del digest  # by it, a file that changed is another one
    return read_file(path)


def _read(
    path: Path, digest: str, subarray: SubarrayDescription, *, any_run: bool
) -> Calibrations:
    if not is_dataset(path):
        columns = dict(_columns(path, digest))
        if any_run:
            columns.pop("obs_id", None)
        found = {
            camera.name: of_type(columns, camera, subarray) for camera in subarray.types
        }
    else:
        store = _dataset(path)
        there = {each.name for each in subarray.types}
        found = {
            tel_type: _of_dataset(store, tel_type, subarray, any_run=any_run)
            for tel_type in store.tel_types(TABLE)
            if tel_type in there
        }
    return {name: each for name, each in found.items() if len(each.tel_id)}


def _of_dataset(
    store: Store, tel_type: str, subarray: SubarrayDescription, *, any_run: bool
) -> CameraCalibration:
    names = ["tel_id", "time", "is_valid", *PER_PIXEL]
    if not any_run:
        names.append("obs_id")
    table = store.read(TABLE, names, tel_type=tel_type, verify=True)
    columns: dict[str, Any] = {
        name: to_numpy(table[name].combine_chunks()) for name in names
    }
    columns["time"] = columns["time"].astype(np.int64)
    (camera,) = (each for each in subarray.types if each.name == tel_type)
    return of_type(columns, camera, subarray)


def calibrated(
    rows: pa.RecordBatch, coefficients: Coefficients, table: CameraCalibration | None
) -> tuple[pa.RecordBatch, Coefficients]:
    """Join the coefficients of a batch with those of a table.

    Parameters
    ----------
    rows : pyarrow.RecordBatch
        ``schemas.r0.TELESCOPE_EVENTS`` of telescopes of one type.
    coefficients : Coefficients
        Those of the file.
    table : CameraCalibration, optional
        What to join with; None leaves all as it is.

    Returns
    -------
    rows : pyarrow.RecordBatch
        With a new ``calibration_index``.
    coefficients : Coefficients
        What that points into.
    """
    if table is None:
        return rows, coefficients
    joined, index = table.applied_to(
        coefficients,
        to_numpy(rows["calibration_index"]),
        to_numpy(rows["obs_id"]),
        to_numpy(rows["tel_id"]),
        to_numpy(rows["time"]).astype(np.int64),
    )
    return _with_index(rows, index), joined


def _with_index(rows: pa.RecordBatch, index: I4) -> pa.RecordBatch:
    place = rows.schema.get_field_index("calibration_index")
    field = rows.schema.field(place)
    return rows.set_column(place, field, to_arrow(index, field.type))


def uncalibrated(
    config: Stage1Config,
    calibrations: Calibrations,
    subarray: SubarrayDescription,
    obs_ids: Iterable[int],
) -> list[str]:
    """Tell of the telescopes that a table says nothing of, in some runs or in all."""
    path = config.monitoring.calibration
    if path is None:
        return []
    telescopes = set(subarray.tel_ids.tolist())
    there = {t for each in calibrations.values() for t in each.tel_id.tolist()}
    alone = "those of the input alone are used"
    found = []
    if never := telescopes - there:
        which = ranges(sorted(never))
        found.append(f"{path} has no coefficients for telescopes {which}: {alone}")
    for obs_id in obs_ids:
        of_run = {
            t for each in calibrations.values() for t in each.telescopes_of(obs_id)
        }
        if missing := telescopes - never - of_run:
            found.append(
                f"{path} has coefficients of other runs than {obs_id} for telescopes "
                f"{ranges(sorted(missing))}: {alone}; with "
                "monitoring.calibration_of_any_run=true the time alone decides"
            )
    return found
