"""Several datasets as one: their parts as they are, linked, copied or referred to."""

from collections.abc import Callable, Sequence
from pathlib import Path

from cta_columnar.digests import sha256_of, value_digest
from cta_columnar.durable import sync_folder
from cta_columnar.errors import did_you_mean
from cta_columnar.provenance import Activity
from cta_columnar.remote import RemotePath, is_remote, location, refuse_url
from cta_columnar.store.bringing import COPY, DONE, LINK, WAYS, copy
from cta_columnar.store.commits import Contents
from cta_columnar.store.drafts import drafts_of
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.files import make_scratch, remove_if_empty, remove_tree
from cta_columnar.store.finalize import finalize
from cta_columnar.store.holdings import subarray_names
from cta_columnar.store.layout import SCRATCH, SUBARRAY
from cta_columnar.store.left_out import note_skipped
from cta_columnar.store.merge_begun import MERGE, begins_anew, journal_of_merge
from cta_columnar.store.merge_inputs import changed, check_source, open_inputs
from cta_columnar.store.processes import process_name
from cta_columnar.store.provenance_file import join_provenance, note_records, recorded
from cta_columnar.store.publish import publish
from cta_columnar.store.reader import Store
from cta_columnar.store.records import Part
from cta_columnar.store.removal import no_empty_dataset
from cta_columnar.store.resume import prepare
from cta_columnar.store.subarray import put_tables


def merge(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    how: str = LINK,
    overwrite: bool = False,
) -> Contents:
    """Make one dataset of several that were made alike.

    Parts are not read, and are the same bytes under the same names. If it is
    interrupted, the same call begins anew.

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
        If one is not finished, lacks a part, is the output, or lies or has a part in
        it, or cannot be linked there; if the output holds anything but what the same
        merging has begun, or another process writes there.
    """
    if how not in WAYS:
        raise StoreError(f"no way {how!r} to merge; {did_you_mean(how, WAYS)}")
    if how != COPY:
        for each in (*inputs, output):
            why = f"nothing can be {DONE[how]} at a URL; use --copy"
            refuse_url(each, why)
    root = location(output)
    # First all that can be known: what is refused leaves the output as it is.
    stores = open_inputs(inputs, root)
    anew = begins_anew(root, stores, overwrite=overwrite)
    if how != COPY:
        _try(stores, root, WAYS[how])
    prepare(root, stores[0].records[0].shard.identity, overwrite=anew)
    names = [str(store.root.absolute()) for store in stores]
    activity = Activity(MERGE, {"inputs": names, "how": how})
    with (
        no_empty_dataset(root),
        journal_of_merge(root, stores),
        recorded(root, activity),
    ):
        scratch = _scratch(root)
        # What goes to a URL is copied to this machine first, to be checked.
        home = drafts_of(scratch) if is_remote(root) else scratch
        try:
            make_scratch(scratch)
            _bring_array(stores[0], root, home)
            for store in stores:
                _bring(store, root, home, WAYS[how])
                note_source(activity, store)
        finally:
            remove_tree(home)
            remove_tree(scratch)
        join_provenance(root, [store.root for store in stores])
        shards = [record.shard for store in stores for record in store.records]
        return finalize(root, shards, remedy="merge again")


def _scratch(root: Path) -> Path:
    return root / SCRATCH / f"merge-{process_name()}"


def _try(
    stores: Sequence[Store], root: Path, put: Callable[[Path, Path], None]
) -> None:
    """Bring one part of each dataset, and remove it again.

    Only so is it known that a file system, and the owner of a file, allow it.
    """
    if not root.is_dir():
        # There is nothing yet that could be lost.
        return
    scratch = _scratch(root)
    try:
        make_scratch(scratch)
        for number, store in enumerate(stores):
            for path in list(store.part_paths)[:1]:
                put(store.root / path, scratch / str(number))
    finally:
        remove_tree(scratch)
        remove_if_empty(scratch.parent)


def note_source(activity: Activity, store: Store) -> None:
    """Note a dataset that is read, and its parts as they were made."""
    content = value_digest([part.sha256 for r in store.records for part in r.parts])
    activity.used(str(store.root.absolute()), content, store.size)
    note_records(activity, store.records, in_this_run=False)


def _bring_array(store: Store, root: Path, scratch: Path) -> None:
    """Copy the tables of the array, which are small."""
    names = subarray_names(store.root)
    if not names:
        return
    draft = scratch / SUBARRAY
    make_scratch(draft)
    with writing(draft):
        for name in names:
            copy(store.root / name, scratch / name)
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
            try:
                put(store.root / part.path, drafts[part])
                _check(store, part, drafts[part], is_copy=put is copy)
            except (OSError, StoreError):
                # An input that is no longer as it was is to be told, not the draft.
                check_source(store, part)
                raise
        publish(root, record, drafts, folder)
    for each in store.contents.skipped:
        note_skipped(root, each)


def _check(store: Store, part: Part, draft: Path, *, is_copy: bool) -> None:
    size = draft.stat().st_size
    if size != part.size or (is_copy and sha256_of(draft) != part.sha256):
        raise changed(store, part)
