"""Where parts are drafted: in the dataset, or on a disk of the node.

``CTACOL_SCRATCH=/local/disk`` lets parts be written there, in many small pieces, and
copied into the dataset when a shard is complete. On a shared file system, that is one
long write for each.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from cta_columnar.durable import copy_new
from cta_columnar.remote import SCRATCH_VARIABLE, is_remote, local_scratch
from cta_columnar.store.errors import StoreError, writing
from cta_columnar.store.records import Part


def drafts_of(scratch: Path) -> Path:
    """Return the folder for drafts of a shard whose scratch folder is this.

    Those of a dataset at a URL are on this machine in any case.
    """
    if is_remote(scratch) or os.environ.get(SCRATCH_VARIABLE):
        return local_scratch() / scratch.name
    return scratch


def brought(drafts: Mapping[Part, Path], scratch: Path) -> dict[Part, Path]:
    """Copy drafts that lie elsewhere into the scratch folder of the shard.

    To a URL they go when they get their names.

    Raises
    ------
    StoreError
        If a copy is not as long as what was written.
    WriteError
        If the disk is full.
    """
    if is_remote(scratch):
        return dict(drafts)
    home = {}
    for number, (part, draft) in enumerate(drafts.items()):
        if draft.is_relative_to(scratch):
            home[part] = draft
            continue
        home[part] = scratch / f"{number}.parquet"
        with writing(home[part]):
            copy_new(draft, home[part])
        if home[part].stat().st_size != part.size:
            raise StoreError(f"{draft} changed on its way to {home[part]}")
    return home
