"""Provenance of a folder of tables that is made as a whole."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from cta_columnar.digests import sha256_of
from cta_columnar.provenance import Activity


def note_tables(
    activity: Activity, draft: Path, sources: Sequence[str], pattern: str
) -> None:
    """Note tables in a folder, as made of all inputs.

    Parameters
    ----------
    activity : Activity
        The run.
    draft : pathlib.Path
        The folder.
    sources : sequence of str
        Identifiers of the inputs, from ``activity.used``.
    pattern : str
        Which tables: ``"*.parquet"`` or ``"**/*.parquet"``.
    """
    for path in sorted(draft.glob(pattern)):
        n_rows = pq.read_metadata(path).num_rows
        activity.produced(
            path.relative_to(draft).as_posix(), sha256_of(path), n_rows, sources
        )
