"""The beginning of a run: what is there, may it stay, and what is left to do."""

from collections.abc import Iterable
from pathlib import Path

from cta_columnar.store.commits import (
    Contents,
    Previous,
    by_input,
    drop_record,
    is_intact,
    read_contents,
    valid_record,
    write_record,
)
from cta_columnar.store.errors import MixedDatasetError, StoreError
from cta_columnar.store.files import check_writable, make_folders, remove, remove_tree
from cta_columnar.store.inside import refuse_links
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
)
from cta_columnar.store.left_out import note_skipped
from cta_columnar.store.records import Identity, Record, Shard, real_path
from cta_columnar.store.removal import empty, remove_abandoned
from cta_columnar.store.replaced import drop_outdated, outdated


def prepare(
    root: str | Path,
    identity: Identity,
    *,
    resume: bool = False,
    recompute: bool = False,
    overwrite: bool = False,
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
    root = Path(root)
    # Before anything is touched: what is refused stays as it is.
    contents = check_output(
        root, identity, resume=resume, recompute=recompute, overwrite=overwrite
    )
    lost = {r.key for r in contents.committed if not _may_stay(root, r, identity)}
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
        remove_tree(root / SUBARRAY)
    return by_input(kept)


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
    root = Path(root)
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
    make_folders(root, root / COMMITS)
    if (root / MANIFEST).exists():
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


def begin(root: str | Path, shard: Shard, previous: Previous) -> Record | None:
    """Ask whether a shard is done already; call it in the worker, before the work.

    A part counts as done only if its SHA-256 is right. Where another content of the
    same inputs was done, too, that is dropped; if nothing is done, it stays until
    `ShardWriter.commit` has something better.

    Parameters
    ----------
    root : path
        The dataset.
    shard : Shard
        What is going to be done.
    previous : mapping
        From `prepare`; see `of_input`.

    Returns
    -------
    record : Record or None
        The valid record of this shard; None if it has to be computed.

    Raises
    ------
    ReadError
        If what is there cannot be read.
    """
    root = Path(root)
    done = valid_record(root, shard)
    if done is not None:
        drop_outdated(root, shard, outdated(shard, previous))
    return done


def previous_of(contents: Contents) -> Previous:
    """Return the shards that are there, as `prepare` does, and touch nothing."""
    return by_input(contents.committed)


def of_input(previous: Previous, path: str | Path) -> Previous:
    """Return what there is of one input, without what its worker does not ask for.

    Each shard of an input gets all of them: with their parts they would be megabytes.
    """
    real = real_path(path)
    return {real: tuple(map(_bare, previous[real]))} if real in previous else {}


def _bare(record: Record) -> Record:
    return Record(record.shard, (), subarray_digest=record.subarray_digest)


def drop_all(root: str | Path, previous: Previous) -> None:
    """Take out all shards and the array, where every input has changed."""
    for records in previous.values():
        for record in records:
            drop_record(root, record.key)
    remove_tree(Path(root) / SUBARRAY)


def pending(
    root: str | Path, shards: Iterable[Shard], previous: Previous
) -> list[Shard]:
    """Return the shards that have no valid record, where all are known beforehand."""
    return [shard for shard in shards if begin(root, shard, previous) is None]
