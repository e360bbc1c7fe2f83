"""Whether the parts of one shard are whole, and agree with their record."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.array_types import I8
from cta_columnar.digests import sha256_of
from cta_columnar.remote import arrow_source
from cta_columnar.schemas.columns import axes_of
from cta_columnar.store.keys import KeyTracker, describe, first_duplicate
from cta_columnar.store.layout import Place
from cta_columnar.store.records import Part, Record
from cta_columnar.store.schema_check import schema_problems

Keys = dict[str, I8]

_SLICE_ROWS = 1024


def shard_problems(
    root: Path, record: Record, pixels: Mapping[str, int]
) -> Iterator[str]:
    """Check the parts of a shard, then what they say of each other.

    Parameters
    ----------
    root : Path
        The dataset.
    record : Record
        The shard.
    pixels : mapping of str to int
        Pixels per telescope type; empty where there is no array.
    """
    keys: dict[Place, Keys] = {}
    for part in record.parts:
        problems, found = _part(root, record, part, pixels)
        yield from (f"{part.path}: {why}" for why in problems)
        if found is not None:
            keys[part.place] = found
    yield from _matching(record, keys)


def _part(
    root: Path, record: Record, part: Part, pixels: Mapping[str, int]
) -> tuple[list[str], Keys | None]:
    path = root / part.path
    if not path.exists():
        return ["missing"], None
    if path.stat().st_size != part.size:
        return [f"{path.stat().st_size} bytes, {part.size} expected"], None
    try:
        if sha256_of(path) != part.sha256:
            return ["the SHA-256 is not the recorded one: damaged"], None
        file = pq.ParquetFile(arrow_source(path), page_checksum_verification=True)
        nulls, keys = _rows(part.place, file)
    except (OSError, pa.ArrowException) as error:
        return [f"cannot be read: {error}"], None
    schema = file.schema_arrow
    problems = [
        *schema_problems(part.place, schema),
        *_sizes(pixels, part.place, schema),
    ]
    if file.metadata.num_rows != part.rows:
        problems.append(f"{file.metadata.num_rows} rows, {part.rows} expected")
    problems += [f"column {name} has {n} nulls" for name, n in nulls.items() if n]
    row = first_duplicate(list(keys.values()))
    if row is not None:
        problems.append(f"{describe(keys, row)} occurs twice")
    return [*problems, *_out_of_range(record, keys)], keys


def _rows(place: Place, file: pq.ParquetFile) -> tuple[Counter[str], Keys]:
    """Read everything, a slice at a time; return nulls per column, and the keys."""
    nulls: Counter[str] = Counter()
    keys = KeyTracker(place, file.schema_arrow)
    for batch in file.iter_batches(_SLICE_ROWS):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            nulls[name] += column.null_count
        if not any(nulls[name] for name in keys.names):
            keys.add(batch)
    return nulls, keys.columns()


def _sizes(pixels: Mapping[str, int], place: Place, schema: pa.Schema) -> Iterator[str]:
    """Whether pixel lists are as long as the camera has pixels."""
    if place.tel_type is None or not pixels:
        return
    if place.tel_type not in pixels:
        yield f"no telescope type {place.tel_type} in the array"
        return
    for field in schema:
        is_list = pa.types.is_fixed_size_list(field.type)
        if axes_of(field) == ("pixel",) and is_list:
            size, expected = field.type.list_size, pixels[place.tel_type]
            if size != expected:
                yield f"column {field.name} has {size} pixels, the camera {expected}"


def _out_of_range(record: Record, keys: Keys) -> Iterator[str]:
    if not {"obs_id", "event_id"} <= keys.keys():
        return
    inside = np.zeros(keys["obs_id"].size, bool)
    for each in record.id_ranges:
        inside |= (
            (keys["obs_id"] == each.obs_id)
            & (keys["event_id"] >= each.first)
            & (keys["event_id"] <= each.last)
        )
    if not inside.all():
        row = int(np.argmin(inside))
        yield f"{describe(keys, row)} is outside the recorded ranges"


def _matching(record: Record, keys: dict[Place, Keys]) -> Iterator[str]:
    """Whether every row of a telescope belongs to a row of the trigger."""
    trigger = keys.get(Place("trigger"))
    if trigger is None:
        return
    events = _events(trigger)
    for place, each in keys.items():
        if "event_id" not in each or place.table.startswith("calibration/"):
            continue
        strays = sorted(_events(each) - events)
        if strays:
            obs_id, event_id = strays[0]
            yield (
                f"{place}: {len(strays)} events of {record.shard.input_names} are not "
                f"in trigger, first obs_id {obs_id}, event_id {event_id}"
            )


def _events(keys: Keys) -> set[tuple[int, int]]:
    return set(zip(keys["obs_id"].tolist(), keys["event_id"].tolist(), strict=True))
