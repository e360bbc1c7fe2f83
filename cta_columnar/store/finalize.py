"""The end of a run: doubles found, records compacted, leftovers removed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cta_columnar.digests import sha256_of
from cta_columnar.faults import fault_point
from cta_columnar.remote import location
from cta_columnar.store.begun import drop_begun
from cta_columnar.store.commits import (
    Contents,
    by_input,
    check_parts,
    drop_record,
    read_contents,
    record_path,
)
from cta_columnar.store.doubles import Double, find_doubles
from cta_columnar.store.errors import DuplicateKeysError, StoreError
from cta_columnar.store.files import (
    below,
    remove,
    remove_if_empty,
    remove_tree,
    write_durably,
)
from cta_columnar.store.holdings import subarray_names
from cta_columnar.store.json_files import from_json, in_pieces
from cta_columnar.store.layout import (
    COMMITS,
    FORMAT,
    MANIFEST,
    SCRATCH,
    SUBARRAY,
    parts_on_disk,
    shard_key_of,
)
from cta_columnar.store.left_out import drop_skipped
from cta_columnar.store.manifest import Skipped, record_in
from cta_columnar.store.opening import check_one_identity
from cta_columnar.store.processes import process_name
from cta_columnar.store.removal import remove_abandoned
from cta_columnar.store.replaced import outdated
from cta_columnar.store.shards import Shard, real_path
from cta_columnar.store.subarray import drop_array, is_whole, stored_digest

_SHARDS = "shards"


def finalize(
    root: str | Path, shards: Iterable[Shard] = (), *, remedy: str = "use --resume"
) -> Contents:
    """Compact the records into ``manifest.json``, and remove all that it does not list.

    Afterwards the folder holds exactly the listed files, so a plain glob is right. What
    other processes are still writing is left to them; they finalise again. If nobody
    is, shards of inputs that were begun and are not among ``shards`` are removed.

    Parameters
    ----------
    root : path
        The dataset.
    shards : iterable of Shard
        All shards of this run, those that were done before too. The same content given
        twice makes one shard, so that only this list can show it.
    remedy : str
        What is to be done if some are missing, for errors.

    Returns
    -------
    contents : Contents
        What is in the dataset now.

    Raises
    ------
    StoreError
        If one of ``shards`` has no record, or a part of some shard is gone: it then
        counts as not done. If a table of the array is gone.
    MixedDatasetError
        If shards are of two configurations, codes or arrays.
    DuplicateKeysError
        If two shards share a key. Neither is listed; the others are, and the manifest
        is written.
    """
    root = location(root)
    expected = list(shards)
    contents = read_contents(root)
    check_one_identity(root, contents)
    _check_subarray(root, contents)
    _check_complete(root, contents, expected, remedy)
    contents = _replaced(root, contents, expected)
    check_parts(root, contents.records, remedy)
    doubles = [*_given_twice(expected), *find_doubles(root, contents.records)]
    if doubles:
        contents = _without(root, contents, doubles, expected)
    _write_manifest(root, contents)
    _clean(root, contents)
    if doubles:
        raise DuplicateKeysError(_complaint(root, doubles))
    return contents


def _check_subarray(root: Path, contents: Contents) -> None:
    digests = {record.subarray_digest for record in contents.records} - {""}
    if not digests:
        return
    found = stored_digest(root)
    if found not in (None, *digests):
        raise StoreError(
            f"{root}: the tables of the array are not those that the shards were made "
            "with; use --overwrite"
        )
    if found is None or not is_whole(root, found):
        raise StoreError(
            f"{root / SUBARRAY}: the tables of the array are not all there: somebody "
            "removed or changed some; use --resume, which writes them again"
        )


def _check_complete(
    root: Path, contents: Contents, expected: list[Shard], remedy: str
) -> None:
    missing = {shard.key: shard for shard in expected}
    for record in contents.records:
        missing.pop(record.key, None)
    if missing:
        first = next(iter(missing.values()))
        raise StoreError(
            f"{root}: {len(missing)} of {len(expected)} shards are not done, "
            f"first {first.input_names}; {remedy}"
        )


def _replaced(root: Path, contents: Contents, expected: list[Shard]) -> Contents:
    """Take out what came of an earlier content of the inputs.

    It mostly is gone; but of two workers that commit the last two shards of an input,
    neither can know that it is the last one.
    """
    previous = by_input(contents.records)
    old = {record.key for shard in expected for record in outdated(shard, previous)}
    for key in sorted(old):
        drop_record(root, key)
    done = {real_path(each.path) for shard in expected for each in shard.inputs}
    came_back = {each for each in contents.skipped if real_path(each.path) in done}
    for each in came_back:
        drop_skipped(root, each.path)
    return Contents(
        tuple(record for record in contents.records if record.key not in old),
        tuple(each for each in contents.skipped if each not in came_back),
        contents.begun,
    )


def _given_twice(expected: list[Shard]) -> list[Double]:
    """Find shards of equal content: the same bytes twice, under one path or two."""
    times = Counter(shard.key for shard in expected)
    return [
        Double(key, key, "both have the same content", _names(expected, key))
        for key in sorted(times)
        if times[key] > 1
    ]


def _names(shards: list[Shard], key: str) -> tuple[str, str]:
    first, second, *_ = (shard.input_names for shard in shards if shard.key == key)
    return first, second


def _without(
    root: Path, contents: Contents, doubles: list[Double], expected: list[Shard]
) -> Contents:
    """Take out both sides of each double, and write down that they were left out."""
    shards = [*(record.shard for record in contents.records), *expected]
    reasons: dict[str, str] = {}
    for double in doubles:
        for shard in shards:
            if shard.key in (double.first, double.second):
                why = _words(double)
                reasons |= {each.path: why for each in shard.inputs}
    twice = {key for double in doubles for key in (double.first, double.second)}
    families = {shard.family for shard in shards if shard.key in twice}
    # An input is there as a whole or not at all.
    bad = {shard.key for shard in shards if shard.family in families}
    for key in sorted(bad):
        drop_record(root, key)
    kept = tuple(record for record in contents.records if record.key not in bad)
    skipped = {each.path: each for each in contents.skipped}
    skipped |= {path: Skipped(path, why) for path, why in reasons.items()}
    return Contents(kept, tuple(sorted(skipped.values())), contents.begun)


def _complaint(root: Path, doubles: list[Double]) -> str:
    # Inputs of several shards share more than one thing.
    lines: dict[tuple[str, str], str] = {}
    for each in doubles:
        lines.setdefault(each.names, _words(each))
    return (
        "keys must be unique in a dataset, so neither of these inputs is listed in "
        f"{root} (process one of them into a dataset of its own, with other ids by "
        "--obs-id or --obs-id-offset):\n  " + "\n  ".join(lines.values())
    )


def _words(double: Double) -> str:
    return f"{' and '.join(double.names)}: {double.what}"


def manifest_of(root: Path, contents: Contents) -> dict[str, Any]:
    """Return the manifest as plain data: the same for the same shards."""
    shards = [record.to_plain() for record in contents.records]
    return _summary_of(root, contents) | {_SHARDS: shards}


def _summary_of(root: Path, contents: Contents) -> dict[str, Any]:
    """Return what a manifest says besides its shards."""
    rows: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for record in contents.records:
        counts.update(record.counts)
        for part in record.parts:
            rows[part.place.table] += part.rows
    first = contents.records[0] if contents.records else None
    return {
        "format": FORMAT,
        "identity": asdict(first.shard.identity) if first else None,
        "subarray": subarray_digests(root),
        "rows": dict(rows),
        "counts": dict(counts),
        "skipped": [asdict(each) for each in contents.skipped],
    }


def subarray_digests(root: Path) -> dict[str, str]:
    """Return the SHA-256 of the tables of the array that are there, by name."""
    return {name: sha256_of(root / name) for name in subarray_names(root)}


def _write_manifest(root: Path, contents: Contents) -> None:
    fault_point("before-manifest")
    if not contents.records:
        drop_array(root, {record.key for record in contents.begun})
    scratch = root / SCRATCH / f"manifest-{process_name()}"
    shards = (record.to_plain() for record in contents.records)
    content = in_pieces(_summary_of(root, contents), _SHARDS, shards)
    write_durably(root / MANIFEST, content, scratch)
    remove_tree(scratch)
    fault_point("after-manifest")


def _clean(root: Path, contents: Contents) -> None:
    """Remove what the manifest made superfluous, and what dead processes left."""
    for record in contents.records:
        drop_record(root, record.key)
    for each in contents.skipped:
        drop_skipped(root, each.path)
    remove_abandoned(root)
    if not below(root / SCRATCH):
        # Nobody goes on with them.
        for record in contents.begun:
            drop_record(root, record.key)
    drop_begun(root)
    remove_if_empty(root / COMMITS)
    for path in orphans(root, contents):
        remove(root / path)
        remove_if_empty((root / path).parent)
        remove_if_empty((root / path).parent.parent)


def orphans(root: Path, contents: Contents) -> Sequence[str]:
    """Return the parts that no record lists and nobody is about to record.

    Among them are those of who wrote a shard with other bytes at the same time.
    """
    listed = {part.path for record in contents.records for part in record.parts}
    writers = {path.name.partition("-")[0] for path in below(root / SCRATCH)}
    recorded: dict[str, set[str]] = {}
    found = []
    for path in parts_on_disk(root):
        key = shard_key_of(Path(path).name) or ""
        if path in listed or key in writers:
            continue
        if key not in recorded:
            recorded[key] = _recorded(record_path(root, key))
        if path not in recorded[key]:
            found.append(path)
    return found


def _recorded(path: Path) -> set[str]:
    """Return the parts of a shard as its record has them now, if there is one."""
    try:
        record = record_in(path, from_json(path))
    except FileNotFoundError:
        return set()
    return {part.path for part in record.parts}
