"""Taking away what killed processes left, or a whole dataset."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cta_columnar.faults import fault_point
from cta_columnar.remote import is_remote, location, scratch_content
from cta_columnar.store.commits import read_contents
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.files import (
    below,
    make_scratch,
    remove,
    remove_if_empty,
    remove_tree,
)
from cta_columnar.store.layout import (
    COMMITS,
    JOURNAL,
    MANIFEST,
    PLAN,
    PROVENANCE,
    SCRATCH,
    SUBARRAY,
    parts_on_disk,
    table_folders,
)
from cta_columnar.store.processes import is_abandoned, is_left_over, process_name
from cta_columnar.store.scratch import is_idle
from cta_columnar.store.subarray import drop_array


def remove_abandoned(root: str | Path) -> None:
    """Remove what killed processes left below ``_tmp/``; others may go on working."""
    scratch = location(root) / SCRATCH
    for folder in below(scratch):
        if is_abandoned(folder):
            remove_tree(folder)
    remove_idle(root)


def remove_idle(root: str | Path) -> None:
    """Remove the scratch folders in which nobody works."""
    scratch = location(root) / SCRATCH
    for folder in below(scratch):
        if is_idle(folder):
            remove_if_empty(folder)
    remove_if_empty(scratch)
    _remove_left_over()


def _remove_left_over() -> None:
    """Remove drafts and copies of killed processes from a disk of this machine."""
    for folder in scratch_content():
        if is_left_over(folder):
            # What cannot be removed is in nobody's way.
            with suppress(StoreError, OSError):
                remove_tree(folder)


def remove_dataset(root: str | Path) -> None:
    """Remove all that a dataset holds; at no moment is it a wrong dataset.

    Files of other origin stay, and so do the folders they are in.
    """
    root = location(root)
    drop_array(root)
    empty(root, with_array=False)
    remove_tree(root / COMMITS)


@contextmanager
def no_empty_dataset(root: str | Path) -> Iterator[None]:
    """Remove a dataset that a run has begun, if it fails before anything is in it.

    What was interrupted stays. So do files of other origin, and what other processes
    are writing.
    """
    root = location(root)
    try:
        yield
    except Exception:
        # The error is what is to be told, whatever becomes of this.
        with suppress(StoreError, OSError):
            if not _holds_anything(root):
                remove_dataset(root)
                remove_if_empty(root)
        raise


def _holds_anything(root: Path) -> bool:
    remove_idle(root)
    if (root / MANIFEST).exists() or (root / SCRATCH).exists():
        return True
    contents = read_contents(root)
    return bool(contents.committed or contents.skipped)


def empty(root: Path, *, with_array: bool = True) -> None:
    """Make of a dataset one without shards, so that a run can begin in its folder."""
    # All records at once: what is left of some would be a dataset of some inputs.
    # The folder itself stays: by it the rest is known as a dataset that was begun.
    scratch = root / SCRATCH / f"removed-{process_name()}"
    make_scratch(scratch)
    with writing(root):
        if is_remote(root):
            # There nothing can be renamed: who reads meanwhile may see some.
            remove_tree(root / COMMITS)
        elif (root / COMMITS).is_dir():
            (root / COMMITS).replace(scratch / COMMITS)
        make_scratch(root / COMMITS)
    fault_point("during-overwrite")
    remove(root / MANIFEST)
    fault_point("during-overwrite")
    if with_array:
        remove_tree(root / SUBARRAY)
    for part in parts_on_disk(root):
        remove(root / part)
        fault_point("during-overwrite")
    remove(root / PROVENANCE)
    remove_tree(root / JOURNAL)
    remove_tree(root / PLAN)
    remove_tree(root / SCRATCH)
    for folder in sorted((each for each, _ in table_folders(root)), reverse=True):
        remove_if_empty(folder)
