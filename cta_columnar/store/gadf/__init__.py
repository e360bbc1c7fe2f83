"""DL3 files on disk: FITS tables as GADF wants them, and the two index tables.

    dl3/ obs-index.fits.gz  hdu-index.fits.gz      which observations, and where
         dl3_<obs_id>.fits.gz                      EVENTS, GTI, POINTING, responses

A file is written aside and renamed; the same tables give the same bytes. What is in the
tables is the business of `stages.dl3`, whether they keep the format that of `gadf`.
What lies beside them is in `folder`.
"""

from cta_columnar.store.gadf.checking import dataset_problems
from cta_columnar.store.gadf.folder import (
    check_dl3_output,
    is_dl3,
    load_dl3_table,
    new_dl3,
    save_dl3_table,
    validate_dl3,
)
from cta_columnar.store.gadf.index import (
    WrittenObservation,
    file_name,
    listed_path,
    read_index,
    write_dataset,
    write_index,
    write_observation,
)
from cta_columnar.store.gadf.published import read_published
from cta_columnar.store.gadf.reading import read_gadf
from cta_columnar.store.gadf.writing import write_gadf

__all__ = [
    "WrittenObservation",
    "check_dl3_output",
    "dataset_problems",
    "file_name",
    "is_dl3",
    "listed_path",
    "load_dl3_table",
    "new_dl3",
    "read_gadf",
    "read_index",
    "read_published",
    "save_dl3_table",
    "validate_dl3",
    "write_dataset",
    "write_gadf",
    "write_index",
    "write_observation",
]
