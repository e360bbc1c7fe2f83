"""The tables of the array: written once per dataset, the same for every shard."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from cta_columnar.durable import sync_folder
from cta_columnar.errors import ReadError
from cta_columnar.remote import RemotePath, arrow_source
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.commits import read_contents
from cta_columnar.store.errors import MixedDatasetError, StoreError, writing
from cta_columnar.store.files import (
    make_folders,
    put,
    remove,
    remove_if_empty,
    remove_tree,
)
from cta_columnar.store.holdings import SUBARRAY_TABLES, subarray_names
from cta_columnar.store.inside import refuse_links
from cta_columnar.store.layout import SUBARRAY
from cta_columnar.store.part import PartWriter
from cta_columnar.store.scratch import is_at_rest

TELESCOPES = "telescopes.parquet"
_DIGEST = b"cta_columnar.subarray_digest"


class Subarray(Protocol):
    """What the store asks of a description of the array."""

    @property
    def digest(self) -> str:
        """Digest of the content."""

    def to_tables(self) -> dict[str, pa.Table]:
        """Tables by their place in the store, ``"subarray/telescopes"`` and so on."""


def stored_digest(root: Path) -> str | None:
    """Digest of the array of a dataset; None if it has none yet.

    Raises
    ------
    StoreError
        If the file is damaged, or cannot be read.
    """
    return _digest_in(root / SUBARRAY / TELESCOPES)


def _digest_in(path: Path) -> str | None:
    try:
        metadata = pq.read_metadata(arrow_source(path)).metadata or {}
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowInvalid) as error:
        if isinstance(error, OSError) and error.errno:
            # Of the system; Arrow has none where the content is wrong.
            raise ReadError(path, error) from error
        raise StoreError(f"{path} is damaged: {error}") from error
    return str(metadata.get(_DIGEST, b"").decode())


def is_whole(root: Path, digest: str) -> bool:
    """Whether all tables of an array are there, and no table of another.

    Raises
    ------
    ReadError
        If the system cannot tell.
    """
    try:
        found = {_digest_in(root / f"{name}.parquet") for name in SUBARRAY_TABLES}
    except StoreError:
        return False
    return found == {digest}


def check_subarray(root: Path, subarray: Subarray, who: str) -> None:
    """Refuse the array of an input where a dataset has another one already.

    Raises
    ------
    MixedDatasetError
        If the dataset is of another array.
    """
    found = stored_digest(root)
    if found not in (None, subarray.digest):
        raise MixedDatasetError(
            f"{who} is of another array than the dataset {root}: "
            f"subarray digest {subarray.digest[:12]}, expected {found[:12]}. "
            "One dataset holds one array; choose another --output"
        )


def ensure_subarray(root: Path, subarray: Subarray, scratch: Path, who: str) -> None:
    """Write the tables of the array, unless all of them are there.

    Raises
    ------
    MixedDatasetError
        If the dataset is of another array.
    """
    if is_whole(root, subarray.digest):
        return
    check_subarray(root, subarray, who)
    _write(root, subarray, scratch)
    # Somebody else may have been first, with those of another array.
    check_subarray(root, subarray, who)


def _write(root: Path, subarray: Subarray, scratch: Path) -> None:
    """Write all tables, where that can be done at once by renaming their folder."""
    draft = scratch / SUBARRAY
    facts = {"subarray_digest": subarray.digest, "schema_version": SCHEMA_VERSION}
    with writing(root / SUBARRAY):
        draft.mkdir(parents=True, exist_ok=True)
        for name, table in subarray.to_tables().items():
            part = PartWriter(draft / f"{Path(name).name}.parquet", table.schema, facts)
            for batch in table.to_batches():
                part.append(batch)
            part.close()
        if isinstance(root, RemotePath):
            put_tables(draft, root / SUBARRAY)
            return
        sync_folder(draft)
        make_folders(root, root)
        try:
            draft.rename(root / SUBARRAY)
        except OSError:
            if not (root / SUBARRAY).is_dir():
                raise
            refuse_links(root)
            if stored_digest(root) in (None, subarray.digest):
                # Some are gone; those that are there are of the same bytes.
                put_tables(draft, root / SUBARRAY)
                sync_folder(root / SUBARRAY)
            remove_tree(draft)
        sync_folder(root)


def put_tables(draft: Path, folder: Path) -> None:
    """Put tables into their folder one by one; the one with the digest is last."""
    names = sorted(path.name for path in draft.iterdir())
    for name in sorted(names, key=lambda name: name == TELESCOPES):
        put(draft / name, folder / name)


def drop_array(root: Path, without: Collection[str] = ()) -> None:
    """Remove the tables of an array that no shard is of; it would bind others.

    Those that somebody at work has just written stay: whoever has written one before
    it is looked for here has a folder below ``_tmp/`` or a record afterwards.

    Parameters
    ----------
    root : pathlib.Path
        The dataset.
    without : collection of str
        Keys of shards that are going to be removed.
    """
    names = subarray_names(root)
    if not names or not is_at_rest(root):
        return
    if {record.key for record in read_contents(root).committed} - set(without):
        return
    for name in names:
        remove(root / name)
    remove_if_empty(root / SUBARRAY)
