"""A folder that is made beside its place and gets its name when it is complete."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cta_columnar.durable import sync_folder
from cta_columnar.remote import refuse_url
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.files import (
    check_writable,
    make_folders,
    make_scratch,
    remove_tree,
)
from cta_columnar.store.layout import dataset_around, is_dataset
from cta_columnar.store.processes import is_abandoned, process_name

IsOne = Callable[[Path], bool]


@dataclass(frozen=True)
class WholeFolder:
    """Folders of one kind, each of which is written as a whole.

    Attributes
    ----------
    what : str
        What they hold, for errors.
    is_one : callable
        Whether a folder that is there holds such things.
    """

    what: str
    is_one: IsOne

    def check(self, root: str | Path, *, overwrite: bool = False) -> None:
        """Ask whether a folder may be written, and touch nothing.

        Parameters
        ----------
        root : path
            Its name.
        overwrite : bool
            Whether one of this kind that is there may be replaced.

        Raises
        ------
        StoreError
            If something is there that is not to be overwritten, or is something else.
        WriteError
            If it cannot be written.
        """
        refuse_url(
            root,
            f"{self.what} are written as a whole, by renaming a folder, which cannot "
            "be done there: write into a folder of this machine, and copy that",
        )
        root, what = Path(root), self.what
        around = dataset_around(root)
        if around is not None:
            raise StoreError(
                f"{root} lies in the dataset {around}; choose another output"
            )
        check_writable(root.parent)
        if not root.exists() or (root.is_dir() and not any(root.iterdir())):
            return
        if is_dataset(root) or not self.is_one(root):
            raise StoreError(
                f"{root} is there, and is no folder of {what}; choose another output"
            )
        if not overwrite:
            raise StoreError(f"{root} has {what} already; use --overwrite")

    @contextmanager
    def new(self, root: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
        """Make a folder: it gets its name when it is complete.

        Parameters
        ----------
        root : path
            Its name.
        overwrite : bool
            Whether one of this kind that is there goes, at the end.

        Yields
        ------
        pathlib.Path
            The folder to write into, beside it. It is removed if anything fails.

        Raises
        ------
        StoreError, WriteError
            As `check`, at the beginning and before the old one goes.
        """
        root = Path(root)
        self.check(root, overwrite=overwrite)
        stem = f".{root.name.replace('-', '_')}-"
        for each in root.parent.glob(f"{stem}*"):
            # Of runs that were killed.
            if is_abandoned(each):
                remove_tree(each)
        draft = root.with_name(f"{stem}{process_name()}")
        replaced = root.with_name(f"{stem}replaced-{process_name()}")
        remove_tree(draft)
        make_folders(root.parent, root.parent)
        make_scratch(draft)
        try:
            yield draft
            self.check(root, overwrite=overwrite)
            with writing(root):
                if root.exists():
                    # A name is changed at once, a folder removed file by file.
                    root.rename(replaced)
                draft.rename(root)
                sync_folder(root.parent)
        finally:
            remove_tree(draft)
            remove_tree(replaced)
