"""A folder with all models of a training: made beside its place, then moved there.

models/ training.json  provenance.json
importance.parquet  cross_validation.parquet  cut_flow.parquet
<task>/tel_type=<type>/...   <task>/classes.parquet
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from cta_columnar.durable import sync_folder
from cta_columnar.schemas import training
from cta_columnar.schemas.dl1 import CUT_FLOW
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.files import (
    check_writable,
    is_abandoned,
    make_folders,
    make_scratch,
    process_name,
    remove_tree,
)
from cta_columnar.store.layout import dataset_around, is_dataset
from cta_columnar.store.model_list import is_models
from cta_columnar.store.parquet_files import read_file
from cta_columnar.store.part import PartWriter

TABLES = training.TABLES | {"cut_flow": CUT_FLOW}


def check_models_output(root: str | Path, *, overwrite: bool = False) -> None:
    """Ask whether models may be written into a folder, and touch nothing.

    Raises
    ------
    StoreError
        If something is there that is not to be overwritten, or is no models.
    WriteError
        If it cannot be written.
    """
    root = Path(root)
    around = dataset_around(root)
    if around is not None:
        raise StoreError(f"{root} lies in the dataset {around}; choose another output")
    check_writable(root.parent)
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return
    if is_dataset(root) or not is_models(root):
        raise StoreError(
            f"{root} is there, and is no folder of models; choose another output"
        )
    if not overwrite:
        raise StoreError(f"{root} has models already; use --overwrite")


@contextmanager
def new_models(root: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Make a folder of models: it gets its name when it is complete.

    Parameters
    ----------
    root : path
        Its name.
    overwrite : bool
        Whether models that are there go, at the end.

    Yields
    ------
    pathlib.Path
        The folder to write into, beside it. It is removed if anything fails.

    Raises
    ------
    StoreError, WriteError
        As `check_models_output`.
    """
    root = Path(root)
    check_models_output(root, overwrite=overwrite)
    stem = f".{root.name.replace('-', '_')}-"
    for each in root.parent.glob(f"{stem}*"):
        # Of trainings that were killed.
        if is_abandoned(each):
            remove_tree(each)
    draft = root.with_name(f"{stem}{process_name()}")
    replaced = root.with_name(f"{stem}replaced-{process_name()}")
    remove_tree(draft)
    make_folders(root.parent, root.parent)
    make_scratch(draft)
    try:
        yield draft
        check_models_output(root, overwrite=overwrite)
        with writing(root):
            if root.exists():
                # A name is changed at once, a folder removed file by file.
                root.rename(replaced)
            draft.rename(root)
            sync_folder(root.parent)
    finally:
        remove_tree(draft)
        remove_tree(replaced)


def save_table(root: str | Path, name: str, table: pa.Table) -> Path:
    """Write one of `TABLES` into a folder of models.

    Returns
    -------
    pathlib.Path
        The file.
    """
    path = Path(root) / f"{name}.parquet"
    part = PartWriter(path, TABLES[name], {"schema_version": SCHEMA_VERSION})
    for batch in table.cast(TABLES[name]).combine_chunks().to_batches():
        part.append(batch)
    part.close()
    return path


def load_table(root: str | Path, name: str) -> pa.Table:
    """Read one of `TABLES` of a folder of models.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    return read_file(Path(root) / f"{name}.parquet", verify=True)
