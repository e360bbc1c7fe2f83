"""A merging that was begun and did not end: how it is known, and begun anew."""

from collections.abc import Sequence
from pathlib import Path

from cta_columnar.remote import location
from cta_columnar.store.errors import StoreError
from cta_columnar.store.journal import Journal, read_journals
from cta_columnar.store.layout import is_finished
from cta_columnar.store.reader import Store
from cta_columnar.store.resume import check_output

MERGE = "merge"


def journal_of_merge(root: Path, stores: Sequence[Store]) -> Journal:
    """Begin the journal of a merging: by it is known what there is to be."""
    shards = [
        {
            "inputs": [each.path for each in record.shard.inputs],
            "seq": record.shard.seq,
            "size": sum(each.size for each in record.shard.inputs),
        }
        for store in stores
        for record in store.records
    ]
    return Journal(root, stage=MERGE, workers=1, shards=shards)


def is_unfinished_merge(root: str | Path) -> bool:
    """Whether a dataset is not finished, and who worked on it last was a merging."""
    root = location(root)
    if is_finished(root):
        return False
    journals = read_journals(root)
    return bool(journals) and journals[-1].run["stage"] == MERGE


def way_on(root: str | Path) -> str:
    """Say what goes on with a dataset that is not finished."""
    if is_unfinished_merge(root):
        return "by the same ctacol merge"
    return "by the command that made it with --resume, or by ctacol finish"


def begins_anew(root: Path, stores: Sequence[Store], *, overwrite: bool) -> bool:
    """Ask whether a merging may write into a folder, and removes what is there.

    What the same merging has brought before it was interrupted is removed unasked: the
    inputs have all of it.

    Raises
    ------
    StoreError, MixedDatasetError, WriteError
        If there is something else, or another process writes there; see also
        `cta_columnar.store.check_output`.
    """
    identity = stores[0].records[0].shard.identity
    contents = check_output(root, identity, resume=not overwrite, overwrite=overwrite)
    if overwrite:
        return True
    for journal in read_journals(root):
        if journal.is_running:
            raise StoreError(
                f"{root} is being written by process {journal.run['pid']} on "
                f"{journal.run['host']}: wait for it, or choose another --output"
            )
    if not contents.committed:
        return False
    there = {record.key: record for store in stores for record in store.records}
    is_same = all(there.get(each.key) == each for each in contents.committed)
    if is_same and is_unfinished_merge(root):
        return True
    raise StoreError(
        f"{root} holds a dataset already: use --overwrite to replace it, or choose "
        "another --output"
    )
