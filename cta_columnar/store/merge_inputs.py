"""The datasets that are to be one: whether they go together, and are all there."""

from collections.abc import Sequence
from pathlib import Path

from cta_columnar.remote import location
from cta_columnar.store.doubles import Double, find_doubles
from cta_columnar.store.errors import (
    DuplicateKeysError,
    MixedDatasetError,
    StoreError,
    reading,
)
from cta_columnar.store.inside import refuse_output_of
from cta_columnar.store.merge_begun import way_on
from cta_columnar.store.opening import open_store
from cta_columnar.store.reader import Store
from cta_columnar.store.records import Part
from cta_columnar.store.shards import real_path
from cta_columnar.store.subarray import stored_digest

_MAX_LINES = 20


def open_inputs(paths: Sequence[str | Path], output: Path) -> list[Store]:
    """Open datasets and check all that can be known before anything is written.

    Raises
    ------
    DuplicateKeysError
        If two inputs share a shard, an event or a run.
    MixedDatasetError
        If they were made with another stage, configuration, code or array.
    StoreError
        If one is not finished, is the output, or lies or has a part in it; if a part is
        missing or not as long as it should be.
    """
    stores = [_opened(location(path), output) for path in paths]
    if len({real_path(store.root) for store in stores}) < max(len(stores), 2):
        raise StoreError("merge wants two datasets or more, each once")
    _check_alike(stores)
    _check_doubles(stores)
    for store in stores:
        for record in store.records:
            for part in record.parts:
                check_source(store, part)
    return stores


def _opened(path: Path, output: Path) -> Store:
    store = open_store(path)
    if not store.is_finished:
        raise StoreError(f"{path} is not finished: go on with it first, {way_on(path)}")
    if not store.records:
        raise StoreError(f"{path} has no shard: leave it out")
    if real_path(path) == real_path(output):
        raise StoreError(f"{path} is the output, too; choose another --output")
    refuse_output_of(output, path, store.part_paths)
    return store


def _check_alike(stores: Sequence[Store]) -> None:
    first, *others = stores
    one = first.records[0]
    for store in others:
        if changed := one.differences(store.records[0]):
            raise MixedDatasetError(
                f"{first.root} and {store.root} differ in {', '.join(changed)}: "
                "results never mix"
            )
    for store in stores:
        if stored_digest(store.root) != (one.subarray_digest or None):
            raise StoreError(
                f"{store.root}: the tables of the array are not those that its shards "
                "were made with"
            )


def _check_doubles(stores: Sequence[Store]) -> None:
    """Look for keys that two inputs share, and say which.

    Raises
    ------
    DuplicateKeysError
        If there are some.
    """
    owners: dict[str, Store] = {}
    doubles: list[tuple[Store, Store, Double]] = []
    for store in stores:
        for record in store.records:
            if (other := owners.setdefault(record.key, store)) is not store:
                names = record.shard.input_names, record.shard.input_names
                what = "both have the same shard"
                doubles.append(
                    (other, store, Double(record.key, record.key, what, names))
                )
    if not doubles:
        records = [record for store in stores for record in store.records]
        roots = {key: store.root for key, store in owners.items()}
        for each in find_doubles(roots, records):
            doubles.append((owners[each.first], owners[each.second], each))
    if doubles:
        lines = [
            f"{one.root} and {other.root}: "
            f"{' and '.join(dict.fromkeys(double.names))}: {double.what}"
            for one, other, double in doubles[:_MAX_LINES]
        ]
        raise DuplicateKeysError(
            "keys must be unique in a dataset, and there are some twice in "
            f"{len(doubles)} pairs of shards:\n  " + "\n  ".join(lines)
        )


def check_source(store: Store, part: Part) -> None:
    """Check that a part of an input is there, as long as it was.

    Raises
    ------
    StoreError
        If it is not.
    """
    path = store.root / part.path
    try:
        with reading(path):
            size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(
            f"{path} is missing: see ctacol validate {store.root}"
        ) from error
    if size != part.size:
        raise changed(store, part)


def changed(store: Store, part: Part) -> StoreError:
    """Return the error for a part whose bytes are others than those recorded."""
    return StoreError(
        f"{store.root / part.path} is not what was recorded: see ctacol validate "
        f"{store.root}"
    )
