"""Files that lie in a dataset and are no data: plans."""

from pathlib import Path
from typing import Any

from cta_columnar.store.files import remove_if_empty, remove_tree, write_durably
from cta_columnar.store.json_files import from_json, to_json
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.processes import process_name


def write_beside(root: Path, path: Path, plain: object) -> None:
    """Write plain data as JSON, whole or not at all, in place of what was there.

    Parameters
    ----------
    root : pathlib.Path
        The dataset.
    path : pathlib.Path
        A file in it.
    plain : object
        What JSON can write.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    scratch = root / SCRATCH / f"beside-{process_name()}"
    write_durably(path, to_json(plain), scratch)
    remove_tree(scratch)
    remove_if_empty(scratch.parent)


def read_beside(path: Path) -> Any:  # noqa: ANN401
    """Read a file of `write_beside`.

    Raises
    ------
    FileNotFoundError
        If there is none.
    StoreError
        If it is damaged or cannot be read.
    """
    return from_json(path)
