"""With what a dataset was begun: a small file that the first commit makes.

Runs with other options may begin in one empty folder at the same time, on several
machines. Whoever commits first has the folder; the others stop at their next shard, and
nothing of them is in it. The file lies among the records and goes with them: when they
are compacted the manifest says the same.
"""

import errno
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from cta_columnar.durable import sync_folder
from cta_columnar.remote import RemotePath
from cta_columnar.store.errors import MixedDatasetError, StoreError, writing
from cta_columnar.store.files import (
    make_scratch,
    remove_tree,
    write_draft,
    write_durably,
)
from cta_columnar.store.json_files import from_json, to_json
from cta_columnar.store.layout import COMMITS
from cta_columnar.store.manifest import check_not_late, stamp_of
from cta_columnar.store.shards import Identity, Shard

_FOLDER = "begun"
_NAME = "identity.json"


def check_begun(root: Path, identity: Identity) -> bool:
    """Return whether it stands in a dataset with what it was begun: with the same.

    Raises
    ------
    MixedDatasetError
        If it was begun with another configuration or code.
    StoreError
        If the file is damaged or cannot be read.
    """
    path = root / COMMITS / _FOLDER / _NAME
    try:
        # An object has no stamp that surely changes when another takes its place.
        is_known = not isinstance(root, RemotePath)
        found = _read_again(path, stamp_of(path)) if is_known else _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if changed := found.differences(identity):
        raise MixedDatasetError(
            f"{root} was begun by another run with another {' and '.join(changed)} "
            "while this one was starting: results never mix, and nothing of this one "
            "is in it; choose another --output"
        )
    return True


def _read(path: Path) -> Identity:
    plain = from_json(path)
    try:
        return Identity(**plain)
    except TypeError as error:
        raise StoreError(f"{path} is damaged; use --overwrite") from error


@lru_cache(maxsize=1)
def _read_again(path: Path, stamp: tuple[int, ...]) -> Identity:
    """Read it once: all shards of a process look at the same."""
    del stamp  # by it, one that changed is another one
    return _read(path)


def claim(root: Path, shard: Shard, scratch: Path) -> None:
    """Have a folder for the shards of one identity, before the first is committed.

    Raises
    ------
    MixedDatasetError
        If others have it, or have finished it.
    StoreError
        If the dataset was finished without the input of the shard.
    WriteError
        If nothing can be written there.
    """
    if check_begun(root, shard.identity):
        return
    note_begun(root, shard.identity, scratch)
    try:
        # Others may have finished, and taken theirs away, since this was asked.
        check_not_late(root, shard)
    except StoreError:
        drop_begun(root)
        raise


def note_begun(root: Path, identity: Identity, scratch: Path) -> None:
    """Write down with what a dataset is begun, unless that stands there.

    Raises
    ------
    MixedDatasetError
        If something else stands there.
    WriteError
        If it cannot be written.
    """
    folder = root / COMMITS / _FOLDER
    content = to_json(asdict(identity))
    if isinstance(root, RemotePath):
        # There the last one counts: two that write within one request may both go on,
        # until the next shard of the first.
        write_durably(folder / _NAME, content, scratch)
    else:
        draft = write_draft(_NAME, content, scratch / _FOLDER).parent
        make_scratch(root / COMMITS)
        with writing(folder):
            try:
                # By its folder: no file system renames one onto another that is full.
                draft.rename(folder)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                remove_tree(draft)
            else:
                sync_folder(folder.parent)
    check_begun(root, identity)


def drop_begun(root: Path) -> None:
    """Let others begin with something else, or the manifest say it from now on."""
    remove_tree(root / COMMITS / _FOLDER)
