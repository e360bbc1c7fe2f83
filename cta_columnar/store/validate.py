"""Whether a dataset keeps what the data model promises."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.remote import arrow_source
from cta_columnar.store.doubles import find_doubles
from cta_columnar.store.errors import StoreError
from cta_columnar.store.finalize import manifest_of, orphans
from cta_columnar.store.holdings import SUBARRAY_TABLES
from cta_columnar.store.json_files import from_json, to_json
from cta_columnar.store.layout import (
    COMMITS,
    JOURNAL,
    MANIFEST,
    PLAN,
    PROVENANCE,
    SCRATCH,
    SUBARRAY,
    Place,
)
from cta_columnar.store.merge_begun import way_on
from cta_columnar.store.opening import open_store
from cta_columnar.store.reader import Store
from cta_columnar.store.schema_check import schema_problems
from cta_columnar.store.shard_check import shard_problems


def validate(path: str | Path) -> list[str]:
    """Check a dataset; every part is read whole.

    Returns
    -------
    problems : list of str
        What is wrong, a line each, beginning with the file; empty if nothing is.
    """
    try:
        store = open_store(path)
    except StoreError as error:
        return [str(error)]
    problems = [*_files(store), *_manifest(store), *_subarray(store)]
    pixels = _pixels(store)
    for record in store.records:
        problems += shard_problems(store.root, record, pixels)
    try:
        doubles = find_doubles(store.root, store.records)
    except StoreError:
        doubles = []  # the damaged file was named above
    problems += [f"{' and '.join(each.names)}: {each.what}" for each in doubles]
    return [*problems, *_equal_columns(store)]


def _files(store: Store) -> Iterator[str]:
    """Whether the folder holds what is listed and nothing else."""
    root = store.root
    listed = {part.path for record in store.records for part in record.parts}
    known = listed | {f"{name}.parquet" for name in SUBARRAY_TABLES}
    known |= {MANIFEST, PROVENANCE}
    finished = (root / MANIFEST).exists()
    if not finished:
        yield f"{MANIFEST}: missing, the run is not finished: go on {way_on(root)}"
    yield from _provenance(root)
    unrecorded = set(orphans(root, store.contents))
    begun = {
        part.path: record.shard.input_names
        for record in store.contents.begun
        for part in record.parts
    }
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        top = path.relative_to(root).parts[0]
        if name in known or path.is_dir() or (top == COMMITS and not finished):
            continue
        if top in {JOURNAL, PLAN}:
            # What was done when: no data, and of no use to who reads them.
            continue
        if top in {COMMITS, SCRATCH}:
            yield f"{name}: left over from a killed or unfinished run"
        elif name in begun:
            yield f"{name}: of {begun[name]}, which is not done to its end"
        elif name in unrecorded:
            yield f"{name}: no commit record lists it"
        else:
            yield f"{name}: not a file of this dataset"


def _provenance(root: Path) -> Iterator[str]:
    if not (root / PROVENANCE).exists():
        yield f"{PROVENANCE}: missing"
        return
    try:
        from_json(root / PROVENANCE)
    except StoreError as error:
        yield str(error)


def _manifest(store: Store) -> Iterator[str]:
    """Whether the summary in the manifest is that of its shards."""
    if store.is_finished:
        found = from_json(store.root / MANIFEST)
        for entry, expected in manifest_of(store.root, store.contents).items():
            if found.get(entry) != json.loads(to_json(expected)):
                yield f"{MANIFEST}: {entry} is not what the files and shards say"


def _subarray(store: Store) -> Iterator[str]:
    digests = sorted({record.subarray_digest for record in store.records} - {""})
    if not digests:
        return
    for name in SUBARRAY_TABLES:
        path = f"{name}.parquet"
        if not (store.root / path).exists():
            yield f"{path}: missing"
            return
        schema = pq.read_schema(arrow_source(store.root / path))
        yield from (f"{path}: {why}" for why in schema_problems(Place(name), schema))
    try:
        found = store.subarray().digest
    except (StoreError, KeyError, ValueError) as error:
        yield f"{SUBARRAY}: {error}"
        return
    if [found] != digests:
        yield f"{SUBARRAY}: the array is not that of the commit records"


def _pixels(store: Store) -> dict[str, int]:
    """Pixels per telescope type; empty where there is no array, or it is damaged."""
    if not (store.root / SUBARRAY / "cameras.parquet").exists():
        return {}
    try:
        cameras = store.read("subarray/cameras", ["tel_type"])["tel_type"]
    except StoreError:
        return {}
    counted = cameras.value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in counted}


def _equal_columns(store: Store) -> Iterator[str]:
    """Whether the parts of a table have equal columns, so that one scan reads all."""
    schemas: dict[Place, list[tuple[str, pa.Schema]]] = defaultdict(list)
    for record in store.records:
        for part in record.parts:
            try:
                schema = pq.read_schema(arrow_source(store.root / part.path))
            except (OSError, pa.ArrowException):
                continue  # named above
            schemas[part.place].append((part.path, schema.remove_metadata()))
    for several in schemas.values():
        first_path, first = several[0]
        for path, schema in several[1:]:
            if not schema.equals(first, check_metadata=True):
                yield f"{path}: its columns differ from those of {first_path}"
