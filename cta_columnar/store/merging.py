"""Several datasets as one: their parts as they are, linked, copied or referred to."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cta_columnar.digests import sha256_of, value_digest
from cta_columnar.durable import copy_new, sync_folder
from cta_columnar.errors import did_you_mean
from cta_columnar.provenance import Activity
from cta_columnar.remote import RemotePath, is_remote, location, refuse_url
from cta_columnar.store.commits import Contents
from cta_columnar.store.doubles import Double, find_doubles
from cta_columnar.store.drafts import drafts_of
from cta_columnar.store.errors import (
    DuplicateKeysError,
    MixedDatasetError,
    StoreError,
    writing,
)
from cta_columnar.store.files import make_scratch, process_name, remove_tree
from cta_columnar.store.finalize import finalize
from cta_columnar.store.holdings import subarray_names
from cta_columnar.store.layout import SCRATCH, SUBARRAY
from cta_columnar.store.left_out import note_skipped
from cta_columnar.store.opening import open_store
from cta_columnar.store.provenance_file import join_provenance, note_records, recorded
from cta_columnar.store.publish import publish
from cta_columnar.store.reader import Store
from cta_columnar.store.records import Part, real_path
from cta_columnar.store.removal import no_empty_dataset
from cta_columnar.store.resume import prepare
from cta_columnar.store.subarray import put_tables, stored_digest

LINK, COPY, REFERENCE = "link", "copy", "reference"


def merge(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    how: str = LINK,
    overwrite: bool = False,
) -> Contents:
    """Make one dataset of several that were made alike.

    Parts are not read, and are the same bytes under the same names.

    Parameters
    ----------
    inputs : sequence of path
        Finished datasets of one stage, configuration, code and array.
    output : path
        The dataset to make.
    how : str
        ``"link"``: hard links, which take no room; inputs may be removed later.
        ``"copy"``: copies, on any file system, whose SHA-256 is checked.
        ``"reference"``: symbolic links; inputs must stay as and where they are.
    overwrite : bool
        Remove whatever the output holds.

    Returns
    -------
    Contents
        What is in the output.

    Raises
    ------
    DuplicateKeysError
        If two inputs share a shard, an event or a run; both are named, and nothing is
        written.
    MixedDatasetError
        If they were made with another stage, configuration, code or array.
    StoreError
        If one is not finished, is the output, or cannot be linked there.
    """
    if how not in _WAYS:
        raise StoreError(f"no way {how!r} to merge; {did_you_mean(how, _WAYS)}")
    if how != COPY:
        for each in (*inputs, output):
            why = f"nothing can be {_DONE[how]} at a URL; use --copy"
            refuse_url(each, why)
    root = location(output)
    stores = [_opened(location(path), root) for path in inputs]
    if len({real_path(store.root) for store in stores}) < max(len(stores), 2):
        raise StoreError("merge wants two datasets or more, each once")
    _check_alike(stores)
    _check_doubles(stores)
    identity = stores[0].records[0].shard.identity
    prepare(root, identity, overwrite=overwrite)
    names = [str(store.root.absolute()) for store in stores]
    activity = Activity("merge", {"inputs": names, "how": how})
    with no_empty_dataset(root), recorded(root, activity):
        scratch = root / SCRATCH / f"merge-{process_name()}"
        # What goes to a URL is copied to this machine first, to be checked.
        home = drafts_of(scratch) if is_remote(root) else scratch
        try:
            make_scratch(scratch)
            _bring_array(stores[0], root, home)
            for store in stores:
                _bring(store, root, home, _WAYS[how])
                note_source(activity, store)
        finally:
            remove_tree(home)
            remove_tree(scratch)
        join_provenance(root, [store.root for store in stores])
        return finalize(root, [r.shard for store in stores for r in store.records])


def note_source(activity: Activity, store: Store) -> None:
    """Note a dataset that is read, and its parts as they were made."""
    content = value_digest([part.sha256 for r in store.records for part in r.parts])
    activity.used(str(store.root.absolute()), content, store.size)
    note_records(activity, store.records, in_this_run=False)


def _opened(path: Path, output: Path) -> Store:
    store = open_store(path)
    if not store.is_finished:
        raise StoreError(
            f"{path} is not finished: go on with it first, by the command that made it "
            "with --resume, or by ctacol finish"
        )
    if not store.records:
        raise StoreError(f"{path} has no shard: leave it out")
    if real_path(path) == real_path(output):
        raise StoreError(f"{path} is the output, too; choose another --output")
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


_MAX_LINES = 20


def _bring_array(store: Store, root: Path, scratch: Path) -> None:
    """Copy the tables of the array, which are small."""
    names = subarray_names(store.root)
    if not names:
        return
    draft = scratch / SUBARRAY
    make_scratch(draft)
    with writing(draft):
        for name in names:
            _copy(store.root / name, scratch / name)
        if isinstance(root, RemotePath):
            put_tables(draft, root / SUBARRAY)
            return
        sync_folder(draft)
        draft.rename(root / SUBARRAY)
        sync_folder(root)


def _bring(
    store: Store, root: Path, scratch: Path, put: Callable[[Path, Path], None]
) -> None:
    """Commit each shard of a dataset in another one."""
    for record in store.records:
        drafts = {}
        folder = scratch / record.key
        make_scratch(folder)
        for number, part in enumerate(record.parts):
            drafts[part] = folder / str(number)
            put(store.root / part.path, drafts[part])
            _check(store, part, drafts[part], is_copy=put is _copy)
        publish(root, record, drafts, folder)
    for each in store.contents.skipped:
        note_skipped(root, each)


def _check(store: Store, part: Part, draft: Path, *, is_copy: bool) -> None:
    size = draft.stat().st_size
    if size != part.size or (is_copy and sha256_of(draft) != part.sha256):
        raise StoreError(
            f"{store.root / part.path} is not what was recorded: see ctacol validate "
            f"{store.root}"
        )


def _link(source: Path, draft: Path) -> None:
    try:
        # What is itself a reference stays one.
        os.link(source, draft, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        raise StoreError(
            f"{source} cannot be linked into the output, which may be on another file "
            "system: use --copy or --reference"
        ) from error


def _copy(source: Path, draft: Path) -> None:
    with writing(draft):
        copy_new(source, draft)


def _refer(source: Path, draft: Path) -> None:
    with writing(draft):
        draft.symlink_to(real_path(source))


_DONE = {LINK: "linked", REFERENCE: "referred to"}

_WAYS: dict[str, Callable[[Path, Path], None]] = {
    LINK: _link,
    COPY: _copy,
    REFERENCE: _refer,
}
