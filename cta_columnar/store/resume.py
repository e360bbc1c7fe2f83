"""The beginning of a run: what is there, may it stay, and what is left to do."""

from collections.abc import Collection
from pathlib import Path

from cta_columnar.remote import location
from cta_columnar.store.begun import drop_begun, note_begun
from cta_columnar.store.commits import (
    Contents,
    Previous,
    by_input,
    drop_record,
    is_intact,
    read_contents,
    write_record,
)
from cta_columnar.store.errors import MixedDatasetError, StoreError
from cta_columnar.store.files import (
    check_writable,
    make_folders,
    make_scratch,
    remove,
    remove_tree,
)
from cta_columnar.store.finalize import orphans, subarray_digests
from cta_columnar.store.inside import refuse_links
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import (
    COMMITS,
    JOURNAL,
    MANIFEST,
    PLAN,
    PROVENANCE,
    SCRATCH,
    SUBARRAY,
    dataset_around,
    is_dataset,
    is_finished,
)
from cta_columnar.store.left_out import note_skipped
from cta_columnar.store.processes import process_name
from cta_columnar.store.records import Record
from cta_columnar.store.removal import empty, remove_abandoned
from cta_columnar.store.scratch import is_at_rest
from cta_columnar.store.shards import Identity, real_path
from cta_columnar.store.subarray import drop_array, is_whole, stored_digest


def prepare(
    root: str | Path,
    identity: Identity,
    *,
    resume: bool = False,
    recompute: bool = False,
    overwrite: bool = False,
    inputs: Collection[tuple[str, int]] | None = None,
) -> Previous:
    """Make a folder ready to be written to; once per run, before the workers start.

    Parameters
    ----------
    root : path
        The dataset.
    identity : Identity
        What is going to be done.
    resume : bool
        Keep the shards that are there, if they are of the same identity.
    recompute : bool
        With ``resume``: drop shards of another identity instead of refusing.
    overwrite : bool
        Remove whatever the dataset holds.
    inputs : collection of tuple, optional
        Path and bytes of everything that is going to be read. A finished dataset of
        just that is not touched, since mostly there is nothing to do: see `reopen`.

    Returns
    -------
    previous : mapping of str to tuple of Record
        Shards that are there, by the real path of their inputs: a file may be called
        by several names. For `begin` and `ShardWriter`.

    Raises
    ------
    StoreError, MixedDatasetError, WriteError
        As `check_output`.
    """
    root = location(root)
    # Before anything is touched: what is refused stays as it is.
    contents = check_output(
        root, identity, resume=resume, recompute=recompute, overwrite=overwrite
    )
    if inputs is not None and _is_just_of(root, contents, identity, inputs):
        return by_input(contents.records)
    lost = {r.key for r in contents.committed if not _may_stay(root, r, identity)}
    lost |= _to_write_array(root, contents)
    make_folders(root, root)
    remove_abandoned(root)
    if overwrite:
        empty(root)
    _unpack(root, contents)
    for key in sorted(lost):
        drop_record(root, key)
    kept = [record for record in contents.committed if record.key not in lost]
    if not kept:
        # The array of a dataset without shards binds nobody.
        drop_array(root)
    if recompute or (not kept and is_at_rest(root)):
        # Nor do the configuration and code with which nothing was done.
        drop_begun(root)
    return by_input(kept)


def _to_write_array(root: Path, contents: Contents) -> set[str]:
    """Return a shard that is to be done again where tables of the array are gone.

    Whoever does it writes them.
    """
    for record in contents.committed:
        digest = record.subarray_digest
        is_same = not digest or stored_digest(root) in (None, digest)
        if digest and is_same and not is_whole(root, digest):
            return {record.key}
        break
    return set()


def _is_just_of(
    root: Path,
    contents: Contents,
    identity: Identity,
    inputs: Collection[tuple[str, int]],
) -> bool:
    """Whether a dataset is finished, of some inputs and nothing else, and tidy."""
    if not is_finished(root) or contents.skipped or (root / SCRATCH).exists():
        return False
    known = {(i.path, i.size) for r in contents.records for i in r.shard.inputs}
    return (
        known == set(inputs)
        and all(_may_stay(root, record, identity) for record in contents.records)
        and not orphans(root, contents)
        # Otherwise the end of the run is where it is told.
        and from_json(root / MANIFEST).get("subarray") == subarray_digests(root)
        and (root / PROVENANCE).exists()
    )


def reopen(root: str | Path) -> None:
    """Let shards be added to and taken from a dataset that `prepare` did not touch."""
    root = location(root)
    contents = read_contents(root)
    make_folders(root, root)
    _unpack(root, contents)


def check_output(
    root: str | Path,
    identity: Identity,
    *,
    resume: bool = False,
    recompute: bool = False,
    overwrite: bool = False,
) -> Contents:
    """Ask whether a run may write into a folder, and touch nothing; see `prepare`.

    Returns
    -------
    Contents
        What the run would begin with: nothing if it is to overwrite.

    Raises
    ------
    StoreError
        If the folder is in use, and neither ``resume`` nor ``overwrite`` was asked, or
        it holds something else than a dataset, or lies in one; if it cannot be read, or
        a folder in it is a link.
    MixedDatasetError
        If it was made with another configuration or code.
    WriteError
        If it cannot be written.
    """
    root = location(root)
    _check_folder(root)
    refuse_links(root)
    check_writable(root)
    contents = _contents(root, forgiving=overwrite)
    if overwrite:
        return Contents((), ())
    if contents.committed and not resume:
        raise StoreError(
            f"{root} holds a dataset already: use --resume to go on with it, "
            "--overwrite to replace it"
        )
    if not recompute:
        _check_identity(root, contents, identity)
    return contents


def _check_folder(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise StoreError(f"{root} is a file; the output of a run is a folder")
    around = dataset_around(root)
    if around is not None:
        raise StoreError(
            f"{root} lies in the dataset {around}, which holds nothing but itself; "
            "choose another --output"
        )
    # One whose records are just being removed has nothing but a scratch folder.
    if not root.is_dir() or is_dataset(root) or (root / SCRATCH).exists():
        return
    others = [path.name for path in root.iterdir() if path.name not in _OWN]
    if others:
        raise StoreError(
            f"{root} is not empty and no dataset (it has {sorted(others)[0]!r}); "
            "choose another --output"
        )


_OWN = {COMMITS, SCRATCH, SUBARRAY, PROVENANCE, MANIFEST, JOURNAL, PLAN}


def _contents(root: Path, *, forgiving: bool) -> Contents:
    try:
        return read_contents(root)
    except StoreError as error:
        if forgiving:
            return Contents((), ())
        raise StoreError(f"{error}; use --overwrite to replace the dataset") from error


def _unpack(root: Path, contents: Contents) -> None:
    """Turn a manifest back into records, so that each can be dropped by itself."""
    make_scratch(root / COMMITS)
    if (root / MANIFEST).exists():
        if contents.committed:
            scratch = root / SCRATCH / f"begun-{process_name()}"
            # As long as there is a manifest it counts more.
            drop_begun(root)
            note_begun(root, contents.committed[0].shard.identity, scratch)
            remove_tree(scratch)
        for record in contents.committed:
            write_record(root, record)
        for each in contents.skipped:
            note_skipped(root, each)
        remove(root / MANIFEST)


def _check_identity(root: Path, contents: Contents, identity: Identity) -> None:
    for record in contents.committed:
        changed = record.shard.identity.differences(identity)
        if changed:
            raise MixedDatasetError(
                f"{root} was made with another {' and '.join(changed)}: use "
                "--overwrite to replace it, or choose another --output; results never "
                "mix"
            )


def _may_stay(root: Path, record: Record, identity: Identity) -> bool:
    return record.shard.identity == identity and is_intact(root, record)


def previous_of(contents: Contents) -> Previous:
    """Return the shards that are there, as `prepare` does, and touch nothing."""
    return by_input(contents.committed)


def of_input(previous: Previous, path: str | Path) -> Previous:
    """Return what there is of one input: its workers ask for no others."""
    real = real_path(path)
    return {real: previous[real]} if real in previous else {}


def drop_all(root: str | Path, previous: Previous) -> None:
    """Take out all shards and their array, where every input has changed.

    What others have made meanwhile stays.
    """
    if not previous:
        return
    reopen(root)
    for records in previous.values():
        for record in records:
            drop_record(root, record.key)
    drop_array(location(root))
