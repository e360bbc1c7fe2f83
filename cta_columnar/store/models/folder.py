"""A folder with all models of a training: made beside its place, then moved there.

models/ training.json  provenance.json
importance.parquet  cross_validation.parquet  cut_flow.parquet
<task>/tel_type=<type>/...   <task>/classes.parquet
"""

from pathlib import Path

import pyarrow as pa

from cta_columnar.schemas import training
from cta_columnar.schemas.dl1 import CUT_FLOW
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.models.listing import is_models
from cta_columnar.store.parquet_files import read_file
from cta_columnar.store.part import PartWriter
from cta_columnar.store.whole_folder import WholeFolder

TABLES = training.TABLES | {"cut_flow": CUT_FLOW}

_WHOLE = WholeFolder("models", is_models)
check_models_output, new_models = _WHOLE.check, _WHOLE.new


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
