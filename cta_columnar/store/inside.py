"""Folders of a dataset are its own: who follows a link would write or remove elsewhere.

Parts may be links to files, as a merging by reference makes them: they are read, and
their bytes checked, and what is removed is the link.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from cta_columnar.remote import is_remote, real_name
from cta_columnar.store.errors import StoreError
from cta_columnar.store.layout import COMMITS, JOURNAL, PLAN, SCRATCH, SUBARRAY

_OWN = (COMMITS, SCRATCH, SUBARRAY, JOURNAL, PLAN)


def refuse_links(root: Path, parts: Iterable[str] = ()) -> None:
    """Refuse a dataset with a folder that is a symbolic link.

    Parameters
    ----------
    root : pathlib.Path
        The dataset; it may itself be called by way of a link.
    parts : iterable of str
        Paths of its parts, below it.

    Raises
    ------
    StoreError
        Which names the folder.
    """
    if is_remote(root):
        return
    folders = {PurePosixPath(each) for each in {p.rpartition("/")[0] for p in parts}}
    above = {parent for folder in folders for parent in folder.parents}
    for name in sorted({*_OWN, *map(str, folders | above)} - {"."}):
        if (root / name).is_symlink():
            raise StoreError(
                f"{root / name} is a symbolic link: folders of a dataset lie in it. "
                "Put the folder there, or take another dataset"
            )


def refuse_linked_scratch(folder: Path) -> None:
    """Refuse a folder for drafts that is a symbolic link, or lies in a linked ``_tmp``.

    What is further above may be reached by any way, as the dataset itself.

    Raises
    ------
    StoreError
        Which names the link.
    """
    for each in (folder.parent, folder):
        if each.is_symlink() and (each == folder or each.name == SCRATCH):
            raise StoreError(
                f"{each} is a symbolic link, through which nothing is written: "
                "remove it"
            )


def refuse_output_of(output: Path, root: Path, parts: Iterable[str]) -> None:
    """Refuse an output in which an input lies: overwritten, both would be lost.

    Parameters
    ----------
    output : pathlib.Path
        The dataset to be written.
    root : pathlib.Path
        The input.
    parts : iterable of str
        Paths of its parts, below it: they may be links into the output.

    Raises
    ------
    StoreError
        Which names both.
    """
    if is_remote(output) or is_remote(root):
        # Nothing at a URL is a link, or is reached by one.
        return
    folder = Path(real_name(output))
    if folder in Path(real_name(root)).parents:
        raise StoreError(f"{root} lies in the output {output}; choose another --output")
    for part in parts:
        path = root / part
        if not path.is_symlink():
            continue
        found = real_name(path)
        if folder in Path(found).parents:
            raise StoreError(
                f"{root} refers to {found}, which lies in the output {output}; choose "
                "another --output"
            )
