"""Give the parts of a shard their names, then record them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cta_columnar.faults import fault_point
from cta_columnar.store.commits import record_path, valid_record
from cta_columnar.store.files import (
    give_name,
    make_folders,
    put,
    remove,
    sync,
    write_draft,
)
from cta_columnar.store.inside import refuse_links
from cta_columnar.store.json_files import to_json
from cta_columnar.store.records import Part, Record
from cta_columnar.store.replaced import drop_outdated


def publish(
    root: Path,
    record: Record,
    drafts: Mapping[Part, Path],
    scratch: Path,
    replaced: Sequence[Record] = (),
) -> Record:
    """Commit a shard whose parts are written.

    All that takes room comes before the first part gets its name, so that a full disk
    leaves no parts without a record.

    Parameters
    ----------
    root : pathlib.Path
        The dataset.
    record : Record
        What is committed.
    drafts : mapping of Part to pathlib.Path
        Where its parts are now.
    scratch : pathlib.Path
        Folder for the draft of the record.
    replaced : sequence of Record
        What it stands for from now on; never at the same time, or rows would count
        twice for who reads meanwhile.

    Returns
    -------
    Record
        What stands: that of another process, if it was first.

    Raises
    ------
    StoreError
        If a folder of the dataset is a link.
    WriteError
        If the disk is full, or the folder cannot be written.
    """
    final = record_path(root, record.key)
    draft_of_record = write_draft(final.name, to_json(record.to_plain()), scratch)
    refuse_links(root, (part.path for part in drafts))
    folders = {(root / part.path).parent for part in drafts}
    for folder in sorted(folders):
        make_folders(root, folder)
    for number, (part, draft) in enumerate(sorted(drafts.items())):
        final_part = root / part.path
        # As long as it was empty, a run that ended may have removed it.
        make_folders(root, final_part.parent)
        put(draft, final_part)
        if number == 0:
            fault_point("during-rename")
    for folder in sorted(folders):
        sync(folder)
    fault_point("between-rename-and-record")
    first = valid_record(root, record.shard)
    if first is not None:
        # It may be read already, and the dataset be finished: nothing is replaced.
        _remove_others(root, record, first)
        return first
    drop_outdated(root, record.shard, replaced)
    give_name(draft_of_record, final)
    fault_point("after-record")
    return record


def _remove_others(root: Path, mine: Record, stands: Record) -> None:
    """Remove parts of a shard that has others, on another model of CPU."""
    kept = {part.path for part in stands.parts}
    for part in mine.parts:
        if part.path not in kept:
            remove(root / part.path)
