"""Classes of events beside the models that predict their errors."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_batch, to_numpy
from cta_columnar.models import EventClasses
from cta_columnar.schemas.columns import bind
from cta_columnar.schemas.models import CLASSES
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import (
    give_name,
    make_scratch,
    remove_if_empty,
    remove_tree,
)
from cta_columnar.store.layout import SCRATCH
from cta_columnar.store.parquet_files import read_file
from cta_columnar.store.processes import process_name
from cta_columnar.store.tables import write_table

FILE = "classes.parquet"


def classes_path(root: str | Path, task: str) -> Path:
    """Return the file with the classes of a task."""
    return Path(root) / task / FILE


def save_classes(root: str | Path, task: str, classes: EventClasses) -> Path:
    """Write the classes of a task into a folder of models.

    Returns
    -------
    pathlib.Path
        The file.
    """
    path = classes_path(root, task)
    schema = bind(CLASSES, {"edge": classes.edge.shape[1]})
    columns = {name: getattr(classes, name) for name in schema.names}
    scratch = Path(root) / SCRATCH / process_name()
    make_scratch(scratch)
    try:
        rows = to_batch(columns, schema)
        write_table(scratch / FILE, pa.Table.from_batches([rows]))
        give_name(scratch / FILE, path)
    finally:
        remove_tree(scratch)
        remove_if_empty(scratch.parent)
    return path


def load_classes(root: str | Path, task: str) -> EventClasses:
    """Read the classes of a task.

    Raises
    ------
    StoreError
        If there are none, or they are damaged.
    """
    path = classes_path(root, task)
    table = read_file(path, verify=True)
    if table.column_names != CLASSES.names:
        raise StoreError(f"{path} has other columns than {', '.join(CLASSES.names)}")
    edge = table["edge"].type
    if not pa.types.is_fixed_size_list(edge):
        raise StoreError(f"{path}: edge is {edge}, not a list for each bin")
    columns = {
        name: np.array(to_numpy(table[name].combine_chunks()), np.float64)
        for name in CLASSES.names
    }
    try:
        return EventClasses(**columns)
    except ValueError as error:
        raise StoreError(f"{path}: {error}; train the models again") from error
