"""Taking away what killed processes left, or a whole dataset."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cta_columnar.faults import fault_point
from cta_columnar.store.commits import read_contents
from cta_columnar.store.errors import StoreError, writing
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
    JOURNAL,
    MANIFEST,
    PLAN,
    PROVENANCE,
    SCRATCH,
    SUBARRAY,
    parts_on_disk,
    table_folders,
)


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
    empty(root)
    remove_tree(root / COMMITS)


@contextmanager
def no_empty_dataset(root: str | Path) -> Iterator[None]:
    """Remove a dataset that a run has begun, if it fails before anything is in it.

    What was interrupted stays. So do files of other origin, and what other processes
    are writing.
    """
    root = Path(root)
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
    if (root / MANIFEST).exists() or (root / SCRATCH).exists():
        return True
    contents = read_contents(root)
    return bool(contents.committed or contents.skipped)


def empty(root: Path) -> None:
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
    remove_tree(root / JOURNAL)
    remove_tree(root / PLAN)
    remove_tree(root / SCRATCH)
    for folder in sorted((each for each, _ in table_folders(root)), reverse=True):
        remove_if_empty(folder)
