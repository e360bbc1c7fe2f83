"""The beginning of a run: what is there, may it stay, and what is left to do."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from cta_columnar.faults import fault_point
from cta_columnar.store.commits import (
    Contents,
    drop_record,
    drop_skipped,
    is_intact,
    read_contents,
    valid_record,
    write_record,
    write_skipped,
)
from cta_columnar.store.errors import MixedDatasetError, StoreError, writing
from cta_columnar.store.files import (
    below,
    is_abandoned,
    make_folders,
    make_scratch,
    process_name,
    remove,
    remove_if_empty,
    remove_tree,
)
from cta_columnar.store.layout import (
    COMMITS,
    MANIFEST,
    PROVENANCE,
    SCRATCH,
    SUBARRAY,
    is_dataset,
    parts_on_disk,
)
from cta_columnar.store.records import Identity, Record, Shard

Previous = Mapping[str, tuple[Record, ...]]


def prepare(
    root: str | Path,
    identity: Identity,
    *,
    resume: bool = False,
    recompute: bool = False,
    overwrite: bool = False,
    verify: bool = False,
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
    verify : bool
        With ``resume``: trust a part only if its SHA-256 is right, not only its size.

    Returns
    -------
    previous : mapping of str to tuple of Record
        Shards that are there, by the path of their inputs; for `begin`.

    Raises
    ------
    StoreError
        If the folder is in use, and neither ``resume`` nor ``overwrite`` was asked, or
        it holds something else than a dataset.
    MixedDatasetError
        If it was made with another configuration or code.
    WriteError
        If it cannot be written.
    """
    root = Path(root)
    _check_folder(root)
    make_folders(root, root)
    remove_abandoned(root)
    contents = _contents(root, forgiving=overwrite)
    if overwrite:
        _empty(root)
        contents = Contents((), ())
    elif contents.records and not resume:
        raise StoreError(
            f"{root} holds a dataset already: use --resume to go on with it, "
            "--overwrite to replace it"
        )
    if not recompute:
        # Before anything is touched: what is refused stays as it is.
        _check_identity(root, contents, identity)
    _unpack(root, contents)
    kept = [r for r in contents.records if _keep(root, r, identity, verify)]
    if not kept:
        # The array of a dataset without shards binds nobody.
        remove_tree(root / SUBARRAY)
    previous: dict[str, tuple[Record, ...]] = {}
    for record in kept:
        for each in record.shard.inputs:
            previous[each.path] = (*previous.get(each.path, ()), record)
    return previous


def _check_folder(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise StoreError(f"{root} is a file; the output of a run is a folder")
    # One whose records are just being removed has nothing but a scratch folder.
    if not root.is_dir() or is_dataset(root) or (root / SCRATCH).exists():
        return
    others = [path.name for path in root.iterdir() if path.name not in _OWN]
    if others:
        raise StoreError(
            f"{root} is not empty and no dataset (it has {sorted(others)[0]!r}); "
            "choose another --output"
        )


_OWN = {COMMITS, SCRATCH, SUBARRAY, PROVENANCE, MANIFEST}


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
        for record in contents.records:
            write_record(root, record)
        for each in contents.skipped:
            write_skipped(root, each.path, each.reason)
        remove(root / MANIFEST)


def _check_identity(root: Path, contents: Contents, identity: Identity) -> None:
    for record in contents.records:
        changed = record.shard.identity.differences(identity)
        if changed:
            raise MixedDatasetError(
                f"{root} was made with another {' and '.join(changed)}: use "
                "--overwrite to replace it, or choose another --output; results never "
                "mix"
            )


def _keep(root: Path, record: Record, identity: Identity, verify: bool) -> bool:
    changed = record.shard.identity.differences(identity)
    if changed or not is_intact(root, record, verify=verify):
        drop_record(root, record.key)
        return False
    return True


def begin(root: str | Path, shard: Shard, previous: Previous) -> Record | None:
    """Ask whether a shard is done already; call it in the worker, before the work.

    Shards of the same inputs with another content are dropped: the input has changed.

    Parameters
    ----------
    root : path
        The dataset.
    shard : Shard
        What is going to be done.
    previous : mapping
        From `prepare`; the entries of the shard's inputs are enough.

    Returns
    -------
    record : Record or None
        The valid record of this shard; None if it has to be computed.
    """
    root = Path(root)
    for each in shard.inputs:
        drop_skipped(root, each.path)
        for record in previous.get(each.path, ()):
            if each not in record.shard.inputs:
                drop_record(root, record.key)
    return valid_record(root, shard)


def pending(
    root: str | Path, shards: Iterable[Shard], previous: Previous
) -> list[Shard]:
    """Return the shards that have no valid record, where all are known beforehand."""
    return [shard for shard in shards if begin(root, shard, previous) is None]


def remove_abandoned(root: str | Path) -> None:
    """Remove what killed processes left below ``_tmp/``; others may go on working."""
    scratch = Path(root) / SCRATCH
    for folder in below(scratch):
        if is_abandoned(folder):
            remove_tree(folder)
    remove_if_empty(scratch)


def remove_dataset(root: str | Path) -> None:
    """Remove all that a dataset holds; at no moment is it a wrong dataset.

    Files of other origin stay, and so do the folders they are in.
    """
    root = Path(root)
    _empty(root)
    remove_tree(root / COMMITS)


def _empty(root: Path) -> None:
    """Make of a dataset one without shards, so that a run can begin in its folder."""
    # All records at once: what is left of some would be a dataset of some inputs.
    # The folder itself stays: by it the rest is known as a dataset that was begun.
    scratch = root / SCRATCH / f"removed-{process_name()}"
    make_scratch(scratch)
    with writing(root):
        if (root / COMMITS).is_dir():
            (root / COMMITS).replace(scratch / COMMITS)
        make_folders(root, root / COMMITS)
    fault_point("during-overwrite")
    remove(root / MANIFEST)
    fault_point("during-overwrite")
    remove_tree(root / SUBARRAY)
    for part in parts_on_disk(root):
        remove(root / part)
        fault_point("during-overwrite")
    remove(root / PROVENANCE)
    remove_tree(root / SCRATCH)
    for folder in sorted((p for p in root.rglob("*") if p.is_dir()), reverse=True):
        if folder.relative_to(root).parts[0] != COMMITS:
            remove_if_empty(folder)
